// One choice of a few or of many: a PatternFly select with the label in its button, searchable where the list is long.
import { MenuSearch, MenuSearchInput } from '@patternfly/react-core/dist/esm/components/Menu';
import { MenuToggle } from '@patternfly/react-core/dist/esm/components/MenuToggle';
import { SearchInput } from '@patternfly/react-core/dist/esm/components/SearchInput';
import { Select, SelectList, SelectOption } from '@patternfly/react-core/dist/esm/components/Select';
import { type ReactNode, useState } from 'react';

export interface Option {
  readonly value: string;
  readonly label: string;
  readonly description?: string;
}

interface Props {
  /** What is chosen, for screen readers and as the prefix in the button. */
  readonly label: string;
  readonly value: string;
  readonly options: readonly Option[];
  readonly onChange: (value: string) => void;
  readonly searchable?: boolean;
  readonly icon?: ReactNode;
  readonly showLabel?: boolean;
  readonly end?: boolean;
}

/** Options whose label, value or description contains the text. */
export function matching(options: readonly Option[], text: string): readonly Option[] {
  const wanted = text.trim().toLowerCase();
  return wanted === ''
    ? options
    : options.filter(({ value, label, description }) =>
        `${value} ${label} ${description ?? ''}`.toLowerCase().includes(wanted),
      );
}

export function Choice({ label, value, options, onChange, searchable, icon, showLabel, end }: Props) {
  const [open, setOpen] = useState(false);
  const [text, setText] = useState('');
  const current = options.find((option) => option.value === value)?.label ?? value;
  const shown = matching(options, text);
  const show = (next: boolean) => {
    setOpen(next);
    if (!next) setText('');
  };
  return (
    <Select
      isOpen={open}
      selected={value}
      onOpenChange={show}
      onSelect={(_event, chosen) => {
        show(false);
        if (typeof chosen === 'string') onChange(chosen);
      }}
      isScrollable
      maxMenuHeight="22rem"
      popperProps={{ position: end ? 'right' : 'left', minWidth: '11rem', maxWidth: searchable ? '24rem' : '18rem' }}
      shouldFocusFirstItemOnOpen={!searchable}
      toggle={(ref) => (
        <MenuToggle
          ref={ref}
          size="sm"
          isExpanded={open}
          onClick={() => show(!open)}
          icon={icon}
          aria-label={`${label}: ${current}`}
        >
          {showLabel && <span className="weir-choice-label">{label} </span>}
          {current}
        </MenuToggle>
      )}
    >
      {searchable && (
        <MenuSearch>
          <MenuSearchInput>
            <SearchInput
              value={text}
              aria-label={`Search ${label.toLowerCase()}`}
              onChange={(_event, next) => setText(next)}
              onClear={() => setText('')}
            />
          </MenuSearchInput>
        </MenuSearch>
      )}
      <SelectList aria-label={label}>
        {shown.map((option) => (
          <SelectOption key={option.value} value={option.value} description={option.description}>
            {option.label}
          </SelectOption>
        ))}
        {shown.length === 0 && <SelectOption isDisabled>Nothing matches</SelectOption>}
      </SelectList>
    </Select>
  );
}
