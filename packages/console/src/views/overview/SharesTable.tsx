// The bars' twin: the same shares as a table.
import type { TopRow } from '../../api/types.ts';
import { formatMetric, METRIC_LABELS } from '../../charts/traffic.ts';
import { formatShare } from '../../format/number.ts';
import type { Metric } from '../../state/search.ts';

interface Props {
  readonly title: string;
  readonly shares: readonly { readonly row: TopRow; readonly label: string; readonly value: number }[];
  readonly total: number;
  readonly metric: Metric;
  readonly onChoose: (row: TopRow) => void;
}

export function SharesTable({ title, shares, total, metric, onChoose }: Props) {
  return (
    <table className="weir-table">
      <thead>
        <tr>
          <th scope="col">{title}</th>
          <th scope="col" className="weir-right">
            {METRIC_LABELS[metric]}
          </th>
          <th scope="col" className="weir-right">
            Share
          </th>
        </tr>
      </thead>
      <tbody>
        {shares.map(({ row, label, value }) => (
          <tr key={label} className={row.other ? 'weir-m-other' : ''}>
            <td>
              {row.other ? (
                label
              ) : (
                <button type="button" className="weir-link" title={`Show only ${label}`} onClick={() => onChoose(row)}>
                  {label}
                </button>
              )}
            </td>
            <td className="weir-right">{formatMetric(metric, value)}</td>
            <td className="weir-right weir-subtle">{formatShare(value, total)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
