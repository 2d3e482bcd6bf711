// Exporters' health in short: who reports, how much, what was lost. The Exporters view has the rest.
import { Link } from '@tanstack/react-router';
import { useExporters } from '../../api/queries.ts';
import { Panel } from '../../components/Panel.tsx';
import { useViewState } from '../../state/use-view-state.ts';
import { ExporterTable } from '../exporters/ExporterTable.tsx';

/** Exporters listed here: the busiest. */
const ROWS = 8;

export function Health() {
  const { state } = useViewState();
  const { data, error, dataUpdatedAt } = useExporters(state.refresh);
  const exporters = data?.exporters ?? [];
  const busiest = [...exporters].sort((a, b) => b.rates.flows_per_second - a.rates.flows_per_second).slice(0, ROWS);
  return (
    <Panel
      title="Exporters"
      controls={
        <Link to="/exporters" search={(before) => before} className="weir-link">
          {exporters.length > ROWS ? `All ${exporters.length} exporters and the ledger` : 'Exporters and the ledger'}
        </Link>
      }
      error={error}
      loaded={data !== undefined}
      empty={exporters.length === 0 ? 'No exporter has sent anything yet.' : undefined}
      height={200}
    >
      <ExporterTable exporters={busiest} sort={state.sort} now={dataUpdatedAt} />
    </Panel>
  );
}
