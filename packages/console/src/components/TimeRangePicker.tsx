// The time range: presets, absolute ends, and the zone that times are shown in.
import { Button } from '@patternfly/react-core/dist/esm/components/Button';
import { MenuToggle } from '@patternfly/react-core/dist/esm/components/MenuToggle';
import { Popover } from '@patternfly/react-core/dist/esm/components/Popover';
import { Switch } from '@patternfly/react-core/dist/esm/components/Switch';
import { TextInput } from '@patternfly/react-core/dist/esm/components/TextInput';
import ClockIcon from '@patternfly/react-icons/dist/esm/icons/clock-icon';
import { type FormEvent, useId, useState } from 'react';
import { formatRange, fromInput, toInput, zoneName } from '../format/time.ts';
import { PRESETS, presetOf, rangeProblem, resolveEnd, type TimeRange } from '../state/time-range.ts';

interface Props {
  readonly range: TimeRange;
  readonly utc: boolean;
  readonly onRange: (range: TimeRange) => void;
  readonly onUtc: (utc: boolean) => void;
}

/** How the range reads in the button. */
export function rangeLabel(range: TimeRange, utc: boolean): string {
  const preset = presetOf(range);
  if (preset !== undefined) return preset.label;
  const now = Date.now();
  if (range.to === 'now' && range.from.startsWith('now-')) return `Last ${range.from.slice(4)}`;
  return formatRange(resolveEnd(range.from, now) ?? now, resolveEnd(range.to, now) ?? now, utc);
}

function AbsoluteForm({ range, utc, onRange }: Omit<Props, 'onUtc'>) {
  const now = Date.now();
  const [from, setFrom] = useState(() => toInput(resolveEnd(range.from, now) ?? now, utc));
  const [to, setTo] = useState(() => toInput(resolveEnd(range.to, now) ?? now, utc));
  const id = useId();
  const chosen = { from: fromInput(from, utc) ?? '', to: fromInput(to, utc) ?? '' };
  const problem = rangeProblem(chosen, now);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (problem === undefined) onRange(chosen);
  };
  return (
    <form onSubmit={submit} className="weir-range-form">
      <label htmlFor={`${id}-from`}>From</label>
      <TextInput
        id={`${id}-from`}
        type="datetime-local"
        step="1"
        value={from}
        onChange={(_event, text) => setFrom(text)}
      />
      <label htmlFor={`${id}-to`}>To</label>
      <TextInput
        id={`${id}-to`}
        type="datetime-local"
        step="1"
        value={to}
        validated={problem === undefined ? 'default' : 'error'}
        aria-describedby={`${id}-problem`}
        onChange={(_event, text) => setTo(text)}
      />
      <div id={`${id}-problem`} className="weir-range-problem" role="status">
        {problem}
      </div>
      <Button type="submit" variant="primary" size="sm" isDisabled={problem !== undefined}>
        Apply
      </Button>
    </form>
  );
}

export function TimeRangePicker({ range, utc, onRange, onUtc }: Props) {
  const [open, setOpen] = useState(false);
  const choose = (next: TimeRange) => {
    setOpen(false);
    onRange(next);
  };
  const current = presetOf(range);
  return (
    <Popover
      aria-label="Time range"
      isVisible={open}
      shouldClose={() => setOpen(false)}
      shouldOpen={() => setOpen(true)}
      position="bottom-end"
      showClose={false}
      minWidth="21rem"
      withFocusTrap
      bodyContent={
        <div className="weir-range">
          <ul className="weir-range-presets">
            {PRESETS.map((preset) => (
              <li key={preset.id}>
                <Button
                  variant={preset === current ? 'secondary' : 'tertiary'}
                  size="sm"
                  isBlock
                  aria-pressed={preset === current}
                  onClick={() => choose({ from: `now-${preset.id}`, to: 'now' })}
                >
                  {preset.label}
                </Button>
              </li>
            ))}
          </ul>
          <AbsoluteForm key={String(utc)} range={range} utc={utc} onRange={choose} />
          <Switch
            label={
              utc || zoneName(false) === 'UTC' ? 'Show times in UTC' : `Show times in UTC instead of ${zoneName(false)}`
            }
            isChecked={utc}
            onChange={(_event, checked) => onUtc(checked)}
          />
        </div>
      }
    >
      <MenuToggle size="sm" isExpanded={open} icon={<ClockIcon />} aria-label={`Time range: ${rangeLabel(range, utc)}`}>
        {rangeLabel(range, utc)}
      </MenuToggle>
    </Popover>
  );
}
