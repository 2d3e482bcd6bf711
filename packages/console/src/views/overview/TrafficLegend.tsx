// The legend is a table of its own: each group with its colour, average and peak; choosing one narrows the filter to it.
import type { Key } from '../../api/types.ts';
import { formatMetric, type Traffic } from '../../charts/traffic.ts';
import type { Metric } from '../../state/search.ts';

interface Props {
  readonly traffic: Traffic;
  readonly colours: readonly string[];
  readonly metric: Metric;
  readonly onChoose: (key: Key) => void;
}

export function TrafficLegend({ traffic, colours, metric, onChoose }: Props) {
  return (
    <div className="weir-legend">
      <table className="weir-table weir-m-plain">
        <caption className="weir-hidden">Groups in the chart</caption>
        <thead>
          <tr>
            <th scope="col">Group</th>
            <th scope="col" className="weir-right">
              Average
            </th>
            <th scope="col" className="weir-right">
              Peak
            </th>
          </tr>
        </thead>
        <tbody>
          {traffic.bands.map((band, index) => {
            const { key } = band;
            return (
              <tr key={band.label}>
                <td className="weir-name-cell">
                  <span className="weir-swatch" style={{ backgroundColor: colours[index] }} />
                  {key === undefined || Object.keys(key).length === 0 ? (
                    <span className="weir-ellipsis">{band.label}</span>
                  ) : (
                    <button
                      type="button"
                      className="weir-link weir-ellipsis"
                      title={`Show only ${band.label}`}
                      onClick={() => onChoose(key)}
                    >
                      {band.label}
                    </button>
                  )}
                </td>
                <td className="weir-right">{formatMetric(metric, band.average)}</td>
                <td className="weir-right weir-subtle">{formatMetric(metric, band.peak)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
