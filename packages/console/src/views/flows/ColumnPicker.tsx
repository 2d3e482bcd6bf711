// Which columns the flow table has, and in which order: every field, by group, searchable. The choice is in the URL.
import { Button } from '@patternfly/react-core/dist/esm/components/Button';
import { Checkbox } from '@patternfly/react-core/dist/esm/components/Checkbox';
import { Modal, ModalBody, ModalFooter, ModalHeader } from '@patternfly/react-core/dist/esm/components/Modal';
import { SearchInput } from '@patternfly/react-core/dist/esm/components/SearchInput';
import AngleDownIcon from '@patternfly/react-icons/dist/esm/icons/angle-down-icon';
import AngleUpIcon from '@patternfly/react-icons/dist/esm/icons/angle-up-icon';
import TimesIcon from '@patternfly/react-icons/dist/esm/icons/times-icon';
import { useState } from 'react';
import type { FieldInfo } from '../../api/types.ts';
import { DEFAULT_COLUMNS, labelOf } from './columns.ts';
import { groupTitle } from './detail.ts';
import { found, swapped } from './picking.ts';

interface Props {
  readonly fields: readonly FieldInfo[];
  readonly chosen: readonly string[];
  readonly onChange: (columns: readonly string[]) => void;
  readonly onClose: () => void;
}

function Chosen({
  columns,
  set,
}: {
  readonly columns: readonly string[];
  readonly set: (next: readonly string[]) => void;
}) {
  return (
    <ol className="weir-chosen" aria-label="Shown columns, in order">
      {columns.map((name, index) => (
        <li key={name}>
          <span className="weir-ellipsis">{labelOf(name)}</span>
          <Button
            variant="plain"
            size="sm"
            icon={<AngleUpIcon />}
            aria-label={`Move ${labelOf(name)} left`}
            isDisabled={index === 0}
            onClick={() => set(swapped(columns, index, index - 1))}
          />
          <Button
            variant="plain"
            size="sm"
            icon={<AngleDownIcon />}
            aria-label={`Move ${labelOf(name)} right`}
            isDisabled={index === columns.length - 1}
            onClick={() => set(swapped(columns, index, index + 1))}
          />
          <Button
            variant="plain"
            size="sm"
            icon={<TimesIcon />}
            aria-label={`Remove ${labelOf(name)}`}
            isDisabled={columns.length === 1}
            onClick={() => set(columns.filter((other) => other !== name))}
          />
        </li>
      ))}
    </ol>
  );
}

export function ColumnPicker({ fields, chosen, onChange, onClose }: Props) {
  const [columns, setColumns] = useState<readonly string[]>(chosen.length > 0 ? chosen : DEFAULT_COLUMNS);
  const [text, setText] = useState('');
  const toggle = (name: string, on: boolean) =>
    setColumns(on ? [...columns, name] : columns.filter((other) => other !== name));
  const apply = () => {
    onChange(columns.join() === DEFAULT_COLUMNS.join() ? [] : columns);
    onClose();
  };
  return (
    <Modal isOpen onClose={onClose} variant="medium" aria-label="Columns" className="weir-columns-modal">
      <ModalHeader title="Columns" />
      <ModalBody>
        <div className="weir-picker">
          <div className="weir-picker-fields">
            <SearchInput
              value={text}
              placeholder="Find a field by name or meaning"
              aria-label="Find a field"
              onChange={(_event, next) => setText(next)}
              onClear={() => setText('')}
            />
            {found(fields, text).map(({ group, fields: inGroup }) => (
              <fieldset key={group}>
                <legend>{groupTitle(group)}</legend>
                {inGroup.map((field) => (
                  <Checkbox
                    key={field.name}
                    id={`column-${field.name}`}
                    label={field.name}
                    description={field.description}
                    isChecked={columns.includes(field.name)}
                    isDisabled={columns.length === 1 && columns[0] === field.name}
                    onChange={(_event, on) => toggle(field.name, on)}
                  />
                ))}
              </fieldset>
            ))}
          </div>
          <Chosen columns={columns} set={setColumns} />
        </div>
      </ModalBody>
      <ModalFooter>
        <Button onClick={apply}>Show these</Button>
        <Button variant="secondary" onClick={() => setColumns(DEFAULT_COLUMNS)}>
          Default columns
        </Button>
        <Button variant="link" onClick={onClose}>
          Cancel
        </Button>
      </ModalFooter>
    </Modal>
  );
}
