// Exporters in a table: who they are, what they send now, when they were last heard, what was lost.
import { Label } from '@patternfly/react-core/dist/esm/components/Label';
import { Link } from '@tanstack/react-router';
import type { Exporter } from '../../api/types.ts';
import { formatBits, formatExact, formatRate } from '../../format/number.ts';
import { formatAgo } from '../../format/time.ts';
import { isReporting, losses, protocolName, sortExporters } from './health.ts';
import { accountTitle } from './ledger.ts';
import { SortHead } from './SortHead.tsx';

/** Reporting or silent, by mark and by word. */
export function Health({ exporter, now }: { readonly exporter: Exporter; readonly now: number }) {
  const good = isReporting(exporter, now);
  return (
    <span className={`weir-health ${good ? 'weir-m-good' : 'weir-m-bad'}`}>
      <span className="weir-dot" aria-hidden="true" />
      {good ? 'reporting' : 'silent'}
    </span>
  );
}

/** What was lost since the collector started, or a dash. */
export function Lost({ exporter }: { readonly exporter: Exporter }) {
  const lost = losses(exporter.counters);
  if (lost.length === 0) return <span className="weir-subtle">none</span>;
  return (
    <span className="weir-lost">
      {lost.map(({ name, count }) => (
        <span key={name} title={accountTitle(name)}>
          {formatExact(count)} {accountTitle(name).toLowerCase()}
        </span>
      ))}
    </span>
  );
}

interface Props {
  readonly exporters: readonly Exporter[];
  readonly sort: string;
  readonly now: number;
}

export function ExporterTable({ exporters, sort, now }: Props) {
  return (
    <div className="weir-scroll-x">
      <table className="weir-table weir-exporters">
        <thead>
          <tr>
            <SortHead column="exporter">Exporter</SortHead>
            <th scope="col">Health</th>
            <SortHead column="node">Node</SortHead>
            <th scope="col">Protocols</th>
            <SortHead column="datagrams" right>
              Datagrams
            </SortHead>
            <SortHead column="flows" right>
              Flow records
            </SortHead>
            <SortHead column="bits" right>
              Traffic seen
            </SortHead>
            <SortHead column="seen" right>
              Last seen
            </SortHead>
            <SortHead column="lost">Lost since start</SortHead>
          </tr>
        </thead>
        <tbody>
          {sortExporters(exporters, sort).map((exporter) => (
            <tr key={exporter.key}>
              <th scope="row">
                <Link
                  to="/exporters/$address"
                  params={{ address: exporter.address }}
                  search={(before) => before}
                  className="weir-link"
                >
                  {exporter.name || exporter.address}
                </Link>
                {exporter.name !== '' && <span className="weir-subtle weir-second">{exporter.address}</span>}
                {exporter.demo && (
                  <Label isCompact color="purple" className="weir-second">
                    demo
                  </Label>
                )}
              </th>
              <td>
                <Health exporter={exporter} now={now} />
              </td>
              <td>{exporter.node || <span className="weir-subtle">–</span>}</td>
              <td>{exporter.protocols.map(protocolName).join(', ')}</td>
              <td className="weir-right">{formatRate(exporter.rates.datagrams_per_second, '')}</td>
              <td className="weir-right">{formatRate(exporter.rates.flows_per_second, '')}</td>
              <td className="weir-right">{formatBits(exporter.rates.bits_per_second)}</td>
              <td className="weir-right">{formatAgo(exporter.last_seen, now)}</td>
              <td>
                <Lost exporter={exporter} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
