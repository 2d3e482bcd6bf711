// The figures on top: rates over the range with their course, exporters that report, and what was lost.
import { useExporters, useLedger } from '../../api/queries.ts';
import type { Traffic } from '../../charts/traffic.ts';
import { formatBits, formatCount, formatRate, formatShare } from '../../format/number.ts';
import type { Metric } from '../../state/search.ts';
import { useViewState } from '../../state/use-view-state.ts';
import { isReporting } from '../exporters/health.ts';
import { lostFlows } from '../exporters/ledger.ts';
import { Sparkline } from './Sparkline.tsx';

const LABELS: Readonly<Record<Metric, string>> = { bits: 'Traffic', packets: 'Packets', flows: 'Flow records' };

/** A rate whose unit the label says already. */
const short = (metric: Metric, value: number) => (metric === 'bits' ? formatBits(value) : formatRate(value, ''));

function Figure({
  label,
  value,
  note,
  children,
}: {
  readonly label: string;
  readonly value: string;
  readonly note: string;
  readonly children?: React.ReactNode;
}) {
  return (
    <div className="weir-figure">
      <dt>{label}</dt>
      <dd className="weir-figure-value">{value}</dd>
      <dd className="weir-figure-note">{note}</dd>
      {children !== undefined && <dd className="weir-figure-course">{children}</dd>}
    </div>
  );
}

function Rate({ metric, traffic }: { readonly metric: Metric; readonly traffic: Traffic | undefined }) {
  if (traffic === undefined) return <Figure label={LABELS[metric]} value=" " note=" " />;
  const peak = Math.max(0, ...traffic.sum);
  return (
    <Figure
      label={LABELS[metric]}
      value={short(metric, traffic.average)}
      note={`on average, ${short(metric, peak)} at most`}
    >
      <Sparkline values={traffic.sum} />
    </Figure>
  );
}

export function Numbers({ traffic }: { readonly traffic: Readonly<Record<Metric, Traffic>> | undefined }) {
  const { state } = useViewState();
  const exporters = useExporters(state.refresh).data?.exporters;
  const ledger = useLedger(state).data;
  const reporting = exporters?.filter((exporter) => isReporting(exporter, Date.now())).length ?? 0;
  const received = ledger?.total.flows_received ?? 0;
  const lost = ledger === undefined ? 0 : lostFlows(ledger.total);
  return (
    <dl className="weir-figures" aria-label="In this time range">
      <Rate metric="bits" traffic={traffic?.bits} />
      <Rate metric="packets" traffic={traffic?.packets} />
      <Rate metric="flows" traffic={traffic?.flows} />
      <Figure
        label="Exporters"
        value={exporters === undefined ? ' ' : `${reporting} of ${exporters.length}`}
        note="reported in the last minute"
      />
      <Figure
        label="Flow records lost"
        value={ledger === undefined ? ' ' : formatCount(lost)}
        note={
          ledger === undefined
            ? ' '
            : lost === 0
              ? 'none known in this time range'
              : `${formatShare(lost, received + lost)} of what was sent`
        }
      />
    </dl>
  );
}
