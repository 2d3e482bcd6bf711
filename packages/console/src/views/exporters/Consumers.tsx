// Who takes flows from the spool: the store and the sinks, how far behind each is, and what is wrong with it.
import { Fragment } from 'react';
import { useStatus } from '../../api/queries.ts';
import type { StatusAnswer } from '../../api/types.ts';
import { Panel } from '../../components/Panel.tsx';
import { formatBytes, formatCount, formatExact, formatShare } from '../../format/number.ts';
import { formatDuration } from '../../format/time.ts';

type Consumer = StatusAnswer['consumers'][number];

/** What it does, by mark and by word. */
function State({ consumer }: { readonly consumer: Consumer }) {
  const { state, problems } = consumer;
  const works = state === 'idle' || state === 'delivering';
  const mark = works ? (problems.length === 0 ? 'weir-m-good' : 'weir-m-warn') : 'weir-m-bad';
  return (
    <span className={`weir-health ${mark}`}>
      <span className="weir-dot" aria-hidden="true" />
      {state}
    </span>
  );
}

function ConsumerRow({ consumer }: { readonly consumer: Consumer }) {
  const { name, type, backlog_files, backlog_bytes, cap_bytes, dropped_flows, problems } = consumer;
  return (
    <Fragment>
      <tr className={problems.length > 0 ? 'weir-m-explained' : ''}>
        <th scope="row">
          {name} {type !== name && type !== '' && <span className="weir-subtle">{type}</span>}
        </th>
        <td>
          <State consumer={consumer} />
        </td>
        <td className="weir-right">
          {backlog_files === 0
            ? 'nothing'
            : `${formatExact(backlog_files)} ${backlog_files === 1 ? 'file' : 'files'}, ${formatBytes(backlog_bytes)}`}
        </td>
        <td className="weir-right">
          {cap_bytes === 0 ? '–' : `${formatShare(backlog_bytes, cap_bytes)} of ${formatBytes(cap_bytes)}`}
        </td>
        <td className="weir-right">{backlog_files === 0 ? '–' : formatDuration(consumer.waiting_ms)}</td>
        <td className="weir-right">{formatCount(consumer.delivered_flows)}</td>
        <td className="weir-right">{formatExact(consumer.retries)}</td>
        <td className={`weir-right ${dropped_flows > 0 ? 'weir-m-dropped' : ''}`}>{formatCount(dropped_flows)}</td>
      </tr>
      {problems.length > 0 && (
        <tr>
          <td colSpan={8} className="weir-explanation">
            {problems.map((text) => (
              <p key={text} className="weir-warning">
                {text}.
              </p>
            ))}
          </td>
        </tr>
      )}
    </Fragment>
  );
}

export function Consumers() {
  const { data, error } = useStatus();
  const consumers = data?.consumers ?? [];
  return (
    <Panel
      title="Consumers of the spool"
      error={error}
      loaded={data !== undefined}
      empty={consumers.length === 0 ? 'No process has told of itself yet.' : undefined}
      height={80}
    >
      <div className="weir-scroll-x">
        <table className="weir-table" aria-label="Consumers of the spool">
          <thead>
            <tr>
              <th scope="col">Consumer</th>
              <th scope="col">State</th>
              <th scope="col" className="weir-right">
                Waits
              </th>
              <th scope="col" className="weir-right">
                Of its cap
              </th>
              <th scope="col" className="weir-right">
                Oldest for
              </th>
              <th scope="col" className="weir-right">
                Flows delivered
              </th>
              <th scope="col" className="weir-right">
                Retries
              </th>
              <th scope="col" className="weir-right">
                Flows dropped
              </th>
            </tr>
          </thead>
          <tbody>
            {consumers.map((consumer) => (
              <ConsumerRow key={consumer.name} consumer={consumer} />
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}
