// One pair of talkers: a click on an end narrows the filter to that end, a click on the bar to the pair.
import type { Key, TopRow } from '../../api/types.ts';
import { formatMetric, METRIC_NAMES } from '../../charts/traffic.ts';
import { groupLabel } from '../../format/entity.ts';
import { formatShare } from '../../format/number.ts';
import { METRICS, type Metric } from '../../state/search.ts';

interface Props {
  readonly row: TopRow;
  readonly by: readonly string[];
  readonly metric: Metric;
  /** Values that a full bar and the whole stand for. */
  readonly largest: number;
  readonly total: number;
  readonly onChoose: (key: Key) => void;
}

/** The metrics beside the one the rows are ordered by. */
export function otherMetrics(metric: Metric): readonly Metric[] {
  return METRICS.filter((name) => name !== metric);
}

function EndCell({ row, names, onChoose }: { readonly names: readonly string[] } & Pick<Props, 'row' | 'onChoose'>) {
  const label = groupLabel(row.key, names);
  const key = Object.fromEntries(names.map((name) => [name, row.key[name] ?? null]));
  return (
    <td>
      <button
        type="button"
        className="weir-link weir-ellipsis"
        title={`Show only ${label}`}
        onClick={() => onChoose(key)}
      >
        {label}
      </button>
    </td>
  );
}

function BarCell({ row, metric, largest, label, onChoose }: Omit<Props, 'by' | 'total'> & { readonly label: string }) {
  const value = row.values[METRIC_NAMES[metric]] ?? 0;
  const inside = (
    <>
      <span className="weir-bar-track" aria-hidden="true">
        <span
          className="weir-bar-fill"
          style={{ width: `${largest === 0 ? 0 : Math.min(100, (value / largest) * 100)}%` }}
        />
      </span>
      <span className="weir-bar-value">{formatMetric(metric, value)}</span>
    </>
  );
  return (
    <td>
      {row.other ? (
        <span className="weir-bar-cell">{inside}</span>
      ) : (
        <button
          type="button"
          className="weir-bar-cell"
          aria-label={`${formatMetric(metric, value)}: show only ${label}`}
          title={`Show only ${label}`}
          onClick={() => onChoose(row.key)}
        >
          {inside}
        </button>
      )}
    </td>
  );
}

export function TalkerRow({ row, by, metric, largest, total, onChoose }: Props) {
  const value = row.values[METRIC_NAMES[metric]] ?? 0;
  const side = (prefix: string) => by.filter((name) => name.startsWith(prefix));
  return (
    <tr className={row.other ? 'weir-m-other' : ''}>
      {row.other ? (
        <td colSpan={2}>all others</td>
      ) : (
        <>
          <EndCell row={row} names={side('src_')} onChoose={onChoose} />
          <EndCell row={row} names={side('dst_')} onChoose={onChoose} />
        </>
      )}
      <BarCell row={row} metric={metric} largest={largest} label={groupLabel(row.key, by)} onChoose={onChoose} />
      <td className="weir-right weir-subtle">{formatShare(value, total)}</td>
      {otherMetrics(metric).map((name) => (
        <td key={name} className="weir-right weir-subtle weir-wide-only">
          {formatMetric(name, row.values[METRIC_NAMES[name]] ?? 0)}
        </td>
      ))}
    </tr>
  );
}
