// The live tail's state in words, and its pause button.
import { Button } from '@patternfly/react-core/dist/esm/components/Button';
import PauseIcon from '@patternfly/react-icons/dist/esm/icons/pause-icon';
import PlayIcon from '@patternfly/react-icons/dist/esm/icons/play-icon';
import type { Tail } from '../../api/tail.ts';
import { formatExact } from '../../format/number.ts';

const STATES: Readonly<Record<Tail['state'], string>> = {
  connecting: 'Connecting …',
  open: 'Live',
  lost: 'Connection lost; trying again',
};

export function TailBar({ tail }: { readonly tail: Tail }) {
  const parts = [
    ...(tail.trouble === '' ? [] : [tail.trouble]),
    `${formatExact(tail.received)} received`,
    ...(tail.skipped > 0 ? [`${formatExact(tail.skipped)} skipped: more than a page can show`] : []),
    ...(tail.waiting > 0 ? [`${formatExact(tail.waiting)} waiting`] : []),
  ];
  return (
    <div className="weir-tail">
      <span
        className={`weir-health ${tail.state === 'open' && !tail.paused ? 'weir-m-good' : 'weir-m-idle'}`}
        role="status"
      >
        <span className="weir-dot" aria-hidden="true" />
        {tail.paused ? 'Paused' : STATES[tail.state]}
      </span>
      <span className="weir-subtle">{parts.join(' · ')}</span>
      <Button
        variant="secondary"
        size="sm"
        icon={tail.paused ? <PlayIcon /> : <PauseIcon />}
        onClick={() => tail.setPaused(!tail.paused)}
      >
        {tail.paused ? 'Continue' : 'Pause'}
      </Button>
    </div>
  );
}
