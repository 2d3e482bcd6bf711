// Who talks to whom, most first. Each row carries its bar; a click narrows the filter to that pair.
import { useTop } from '../../api/queries.ts';
import { formatMetric, METRIC_LABELS, METRIC_NAMES } from '../../charts/traffic.ts';
import { Choice } from '../../components/Choice.tsx';
import { Panel } from '../../components/Panel.tsx';
import { groupLabel } from '../../format/entity.ts';
import { formatShare } from '../../format/number.ts';
import type { Talkers as Level, Metric } from '../../state/search.ts';
import { useViewState } from '../../state/use-view-state.ts';
import { TALKER_FIELDS, TALKER_OPTIONS } from './dimensions.ts';
import { nothing } from './nothing.ts';

const ROWS = 10;
const HEIGHT = 380;

export function Talkers() {
  const { state, change, narrowTo } = useViewState();
  const by = TALKER_FIELDS[state.talkers];
  const answer = useTop(state, {
    by: by.join(','),
    metrics: Object.values(METRIC_NAMES).join(','),
    order: METRIC_NAMES[state.metric],
    limit: ROWS,
  });
  const data = answer.data;
  const metric = METRIC_NAMES[state.metric];
  const total = data?.total[metric] ?? 0;
  const largest = Math.max(...(data?.rows.filter((row) => !row.other).map((row) => row.values[metric] ?? 0) ?? []), 0);
  const others = (['bits', 'packets', 'flows'] as const).filter((name) => name !== state.metric);
  const head = (name: Metric) => (
    <th scope="col" key={name} className="weir-right weir-wide-only">
      {METRIC_LABELS[name]}
    </th>
  );
  return (
    <Panel
      title="Top talkers"
      className="weir-m-grow"
      controls={
        <Choice
          label="Between"
          showLabel
          end
          value={state.talkers}
          options={TALKER_OPTIONS}
          onChange={(value) => change({ talkers: value as Level })}
        />
      }
      meta={data?.meta}
      error={answer.error}
      pending={answer.isPending}
      empty={data?.rows.length === 0 ? nothing(state.filter) : undefined}
      height={HEIGHT}
    >
      <table className="weir-table weir-talkers">
        <thead>
          <tr>
            <th scope="col">Source</th>
            <th scope="col">Destination</th>
            <th scope="col" className="weir-bar-head">
              {METRIC_LABELS[state.metric]}
            </th>
            <th scope="col" className="weir-right">
              Share
            </th>
            {others.map(head)}
          </tr>
        </thead>
        <tbody>
          {data?.rows.map((row) => {
            const value = row.values[metric] ?? 0;
            const ends = [by.filter((name) => name.startsWith('src_')), by.filter((name) => name.startsWith('dst_'))];
            const [source, destination] = ends.map((names) => groupLabel(row.key, names));
            return (
              <tr key={row.other ? 'other' : JSON.stringify(row.key)} className={row.other ? 'weir-m-other' : ''}>
                {row.other ? (
                  <td colSpan={2}>all others</td>
                ) : (
                  <>
                    <td>
                      <button
                        type="button"
                        className="weir-link weir-ellipsis"
                        title={`Show only ${source} → ${destination}`}
                        onClick={() => narrowTo(row.key)}
                      >
                        {source}
                      </button>
                    </td>
                    <td>
                      <span className="weir-ellipsis" title={destination}>
                        {destination}
                      </span>
                    </td>
                  </>
                )}
                <td className="weir-bar-cell">
                  <span className="weir-bar-track" aria-hidden="true">
                    <span
                      className="weir-bar-fill"
                      style={{ width: `${largest === 0 ? 0 : Math.min(100, (value / largest) * 100)}%` }}
                    />
                  </span>
                  <span className="weir-bar-value">{formatMetric(state.metric, value)}</span>
                </td>
                <td className="weir-right weir-subtle">{formatShare(value, total)}</td>
                {others.map((name) => (
                  <td key={name} className="weir-right weir-subtle weir-wide-only">
                    {formatMetric(name, row.values[METRIC_NAMES[name]] ?? 0)}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </Panel>
  );
}
