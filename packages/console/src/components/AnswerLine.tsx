// How an answer was found: rows read, time, resolution, truncation, warnings.
import type { Meta } from '../api/types.ts';
import { formatBytes, formatCount } from '../format/number.ts';
import { formatDuration } from '../format/time.ts';

/** `1m` roll-ups are sums a minute; `flows` are the records themselves. */
export function resolutionText(resolution: string): string {
  return resolution
    .split('+')
    .map((part) => (part === 'flows' ? 'flow records' : `${part} sums`))
    .join(' and ');
}

interface Props {
  readonly meta: Meta;
  /** A page of records: what is beyond it is not lost but on the next page. */
  readonly paged?: boolean;
}

export function AnswerLine({ meta, paged }: Props) {
  const parts = [
    `${formatCount(meta.rows_read)} rows read`,
    formatBytes(meta.bytes_read),
    formatDuration(meta.elapsed_ms),
    `from ${resolutionText(meta.resolution)}`,
    ...(meta.interval_s === undefined ? [] : [`a point every ${formatDuration(meta.interval_s * 1000)}`]),
  ];
  return (
    <footer className="weir-answer">
      {parts.join(' · ')}
      {meta.truncated && !paged && ' · cut at the limit, the rest is in “all others”'}
      {meta.warnings.map((warning) => (
        <span key={warning} className="weir-answer-note">
          {' '}
          · {warning}
        </span>
      ))}
    </footer>
  );
}
