// Collectors and the store: what receives, what waits in the spool, what is kept.
import { useStatus } from '../../api/queries.ts';
import type { StatusAnswer } from '../../api/types.ts';
import { Panel } from '../../components/Panel.tsx';
import { formatBytes, formatCount, formatExact, formatShare } from '../../format/number.ts';
import { formatAgo, formatDateTime } from '../../format/time.ts';
import { useViewState } from '../../state/use-view-state.ts';

type Collector = StatusAnswer['collectors'][number];

function CollectorRow({ collector, now }: { readonly collector: Collector; readonly now: number }) {
  const { lanes, spool } = collector;
  const sum = (name: 'datagrams' | 'flows') => lanes.reduce((total, lane) => total + lane[name], 0);
  return (
    <tr>
      <th scope="row">{collector.id}</th>
      <td>
        {lanes.length} × {[...new Set(lanes.map((lane) => lane.backend))].join(', ')}
      </td>
      <td className="weir-right">{formatExact(sum('datagrams'))}</td>
      <td className="weir-right">{formatExact(sum('flows'))}</td>
      <td className="weir-right">
        {formatExact(spool.files)} {spool.files === 1 ? 'file' : 'files'}, {formatBytes(spool.bytes)} (
        {formatShare(spool.bytes, spool.cap_bytes)} of its cap)
      </td>
      <td className={collector.stale ? 'weir-lost' : ''}>
        {collector.stale ? 'gone: told of itself ' : 'told of itself '}
        {formatAgo(collector.time, now)}
      </td>
    </tr>
  );
}

export function Collectors() {
  const { state } = useViewState();
  const { data, error, dataUpdatedAt } = useStatus();
  // What is wrong with a consumer of the spool stands beside it.
  const ofConsumers = new Set(data?.consumers.flatMap(({ problems }) => problems));
  const warnings = [
    ...(data?.degraded ?? []).filter((text) => !ofConsumers.has(text)),
    ...(data?.warnings ?? []),
    ...(data?.collectors.flatMap(({ id, warnings: some }) => some.map((text) => `${id}: ${text}`)) ?? []),
  ];
  const store = data?.store;
  return (
    <Panel title="Collectors and store" error={error} loaded={data !== undefined} height={120}>
      <div className="weir-scroll-x">
        <table className="weir-table weir-exporters">
          <thead>
            <tr>
              <th scope="col">Collector</th>
              <th scope="col">Lanes</th>
              <th scope="col" className="weir-right">
                Datagrams
              </th>
              <th scope="col" className="weir-right">
                Flow records
              </th>
              <th scope="col" className="weir-right">
                Waiting in the spool
              </th>
              <th scope="col">Health</th>
            </tr>
          </thead>
          <tbody>
            {data?.collectors.map((collector) => (
              <CollectorRow key={collector.id} collector={collector} now={dataUpdatedAt} />
            ))}
          </tbody>
        </table>
      </div>
      {warnings.map((text) => (
        <p key={text} className="weir-warning">
          {text}
        </p>
      ))}
      {store !== undefined && (
        <p className="weir-store">
          The store keeps {formatCount(store.rows)} flow records in {formatBytes(store.bytes_on_disk)}
          {store.rows > 0 &&
            `, from ${formatDateTime(store.oldest, state.utc)} to ${formatDateTime(store.newest, state.utc)}`}
          {store.backlog_files > 0 &&
            `; ${formatExact(store.backlog_files)} spool ${store.backlog_files === 1 ? 'file waits' : 'files wait'} to be loaded`}
          .
        </p>
      )}
    </Panel>
  );
}
