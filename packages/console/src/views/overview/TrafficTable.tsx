// The traffic chart's twin: the same numbers, a row for each point in time, newest first.
import { formatMetric, type Traffic } from '../../charts/traffic.ts';
import { formatDateTime, zoneName } from '../../format/time.ts';
import type { Metric } from '../../state/search.ts';

interface Props {
  readonly traffic: Traffic;
  readonly metric: Metric;
  readonly utc: boolean;
  readonly height: number;
}

export function TrafficTable({ traffic, metric, utc, height }: Props) {
  const order = traffic.times.map((_time, index) => index).reverse();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className="weir-scroll" style={{ height }} tabIndex={0} aria-label="Traffic as a table">
      <table className="weir-table weir-m-sticky">
        <thead>
          <tr>
            <th scope="col">Time ({zoneName(utc)})</th>
            <th scope="col" className="weir-right">
              Total
            </th>
            {traffic.bands.map((band) => (
              <th scope="col" className="weir-right" key={band.label}>
                {band.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {order.map((at) => (
            <tr key={traffic.times[at]}>
              <th scope="row">{formatDateTime(traffic.times[at] ?? 0, utc)}</th>
              <td className="weir-right">{formatMetric(metric, traffic.sum[at] ?? 0)}</td>
              {traffic.bands.map((band) => (
                <td className="weir-right" key={band.label}>
                  {formatMetric(metric, band.values[at] ?? 0)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
