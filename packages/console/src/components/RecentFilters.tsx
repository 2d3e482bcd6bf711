// The list of filters used lately, in a menu beside the filter box.
import { Dropdown, DropdownItem, DropdownList } from '@patternfly/react-core/dist/esm/components/Dropdown';
import { MenuToggle } from '@patternfly/react-core/dist/esm/components/MenuToggle';
import HistoryIcon from '@patternfly/react-icons/dist/esm/icons/history-icon';
import { useState } from 'react';
import { recentFilters } from '../filter/recent.ts';

export function RecentFilters({ onChoose }: { readonly onChoose: (filter: string) => void }) {
  const [open, setOpen] = useState(false);
  const recent = open ? recentFilters() : [];
  return (
    <Dropdown
      isOpen={open}
      onOpenChange={setOpen}
      onSelect={(_event, value) => {
        setOpen(false);
        if (typeof value === 'string') onChoose(value);
      }}
      popperProps={{ position: 'right', maxWidth: '36rem' }}
      isScrollable
      toggle={(ref) => (
        <MenuToggle
          ref={ref}
          variant="plain"
          size="sm"
          isExpanded={open}
          onClick={() => setOpen(!open)}
          aria-label="Recent filters"
          icon={<HistoryIcon />}
        />
      )}
    >
      <DropdownList>
        {recent.map((filter) => (
          <DropdownItem key={filter} value={filter} className="weir-mono">
            {filter}
          </DropdownItem>
        ))}
        {recent.length === 0 && (
          <DropdownItem key="none" isDisabled>
            Filters that you apply are kept here
          </DropdownItem>
        )}
      </DropdownList>
    </Dropdown>
  );
}
