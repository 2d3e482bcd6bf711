// One exporter: what it sends, its templates, sampling rates and interfaces, and its part of the ledger.
import { Button } from '@patternfly/react-core/dist/esm/components/Button';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useExporters, useLedger } from '../../api/queries.ts';
import type { Exporter } from '../../api/types.ts';
import { Panel } from '../../components/Panel.tsx';
import { condition } from '../../filter/condition.ts';
import { formatBits, formatRate } from '../../format/number.ts';
import { formatAgo, formatDateTime } from '../../format/time.ts';
import { writeSearch } from '../../state/search.ts';
import { useViewState } from '../../state/use-view-state.ts';
import { Health, Lost } from './ExporterTable.tsx';
import { protocolName } from './health.ts';
import { Ledger } from './Ledger.tsx';
import { ProtocolState } from './ProtocolState.tsx';

function Facts({ exporter, now, utc }: { readonly exporter: Exporter; readonly now: number; readonly utc: boolean }) {
  const facts: readonly (readonly [string, React.ReactNode])[] = [
    ['Address', exporter.address],
    ['Health', <Health key="health" exporter={exporter} now={now} />],
    ['Node', exporter.node || '–'],
    ['Protocols', exporter.protocols.map(protocolName).join(', ')],
    ['Datagrams', formatRate(exporter.rates.datagrams_per_second, '')],
    ['Flow records', formatRate(exporter.rates.flows_per_second, '')],
    ['Traffic seen', formatBits(exporter.rates.bits_per_second)],
    ['First seen', formatDateTime(exporter.first_seen, utc)],
    ['Last seen', `${formatDateTime(exporter.last_seen, utc)} (${formatAgo(exporter.last_seen, now)})`],
    ['Lost since start', <Lost key="lost" exporter={exporter} />],
  ];
  return (
    <dl className="weir-facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export function ExporterDetail() {
  const { address } = useParams({ from: '/exporters/$address' });
  const { state } = useViewState();
  const navigate = useNavigate();
  const list = useExporters(state.refresh);
  const ledger = useLedger(state);
  const exporter = list.data?.exporters.find((one) => one.address === address);
  const book = ledger.data?.exporters.find((one) => one.address === address) ?? { counts: {}, sinks: {} };
  const title = exporter?.name || address;
  const showFlows = () =>
    void navigate({
      to: '/flows',
      search: writeSearch({ ...state, filter: condition('exporter_address', address), row: '' }),
    });
  return (
    <div className="weir-view">
      <nav aria-label="Breadcrumb" className="weir-crumbs">
        <Link to="/exporters" search={(before) => before} className="weir-link">
          Exporters
        </Link>
        <span aria-hidden="true"> / </span>
        <h1>{title}</h1>
      </nav>
      <Panel
        title="What it sends"
        controls={
          <Button variant="secondary" size="sm" onClick={showFlows}>
            Show its flows
          </Button>
        }
        error={list.error}
        loaded={list.data !== undefined}
        empty={
          exporter === undefined
            ? `No exporter at ${address} has sent anything since the collector started.`
            : undefined
        }
        height={120}
      >
        {exporter !== undefined && <Facts exporter={exporter} now={list.dataUpdatedAt} utc={state.utc} />}
      </Panel>
      {exporter?.protocol_state.map((summary) => (
        <ProtocolState key={summary.protocol} summary={summary} utc={state.utc} />
      ))}
      <Panel title="Ledger of the time range" error={ledger.error} loaded={ledger.data !== undefined} height={360}>
        {ledger.data !== undefined && <Ledger answer={ledger.data} book={book} />}
      </Panel>
    </div>
  );
}
