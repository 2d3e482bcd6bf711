// Exporters: who reports, and the ledger of everything received in the time range.
import { useState } from 'react';
import { useExporters, useLedger, useStatus } from '../../api/queries.ts';
import { Choice } from '../../components/Choice.tsx';
import { Panel } from '../../components/Panel.tsx';
import { formatExact } from '../../format/number.ts';
import { useViewState } from '../../state/use-view-state.ts';
import { Collectors } from './Collectors.tsx';
import { Consumers } from './Consumers.tsx';
import { ExporterTable } from './ExporterTable.tsx';
import { Ledger } from './Ledger.tsx';

export function Exporters() {
  const { state } = useViewState();
  const list = useExporters(state.refresh);
  const exporters = list.data?.exporters ?? [];
  const { data: status } = useStatus();
  const others = (status?.collectors ?? []).reduce((sum, { other_exporters }) => sum + other_exporters, 0);
  return (
    <div className="weir-view">
      <h1 className="weir-hidden">Exporters</h1>
      <Panel
        title="Exporters"
        error={list.error}
        loaded={list.data !== undefined}
        empty={
          exporters.length === 0
            ? 'No exporter has sent anything yet. Point NetFlow, IPFIX or sFlow at this host: UDP 2055, 2056, 4739, 6343 or 9995.'
            : undefined
        }
        height={160}
      >
        <ExporterTable exporters={exporters} sort={state.sort} now={list.dataUpdatedAt} />
        {others > 0 && (
          <p className="weir-store">
            {formatExact(others)} more are known that were heard longer ago. Their counters are in the ledger.
          </p>
        )}
      </Panel>
      <Consumers />
      <Collectors />
      <LedgerPanel />
    </div>
  );
}

function LedgerPanel() {
  const { state } = useViewState();
  const { data, error } = useLedger(state);
  const [of, setOf] = useState('');
  const options = [
    { value: '', label: 'all exporters' },
    ...(data?.exporters.map(({ key, address }) => ({
      value: key,
      label: address || (key === '0' ? 'no exporter' : key),
    })) ?? []),
  ];
  const one = data?.exporters.find(({ key }) => key === of);
  const book = one ?? { counts: data?.total ?? {}, sinks: data?.sinks ?? {} };
  return (
    <Panel
      title="Ledger of the time range"
      controls={
        <Choice
          label="Of"
          showLabel
          end
          searchable={options.length > 10}
          value={of}
          options={options}
          onChange={setOf}
        />
      }
      error={error}
      loaded={data !== undefined}
      height={360}
    >
      {data !== undefined && <Ledger answer={data} book={book} />}
    </Panel>
  );
}
