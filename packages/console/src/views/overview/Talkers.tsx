// Who talks to whom, most first. Each row carries its bar.
import { useTop } from '../../api/queries.ts';
import { METRIC_LABELS, METRIC_NAMES } from '../../charts/traffic.ts';
import { Choice } from '../../components/Choice.tsx';
import { Panel } from '../../components/Panel.tsx';
import type { Talkers as Level, Metric } from '../../state/search.ts';
import { useViewState } from '../../state/use-view-state.ts';
import { TALKER_FIELDS, TALKER_OPTIONS } from './dimensions.ts';
import { nothing } from './nothing.ts';
import { otherMetrics, TalkerRow } from './TalkerRow.tsx';

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
      loaded={data !== undefined}
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
            {otherMetrics(state.metric).map(head)}
          </tr>
        </thead>
        <tbody>
          {data?.rows.map((row) => (
            <TalkerRow
              key={row.other ? 'other' : JSON.stringify(row.key)}
              row={row}
              by={by}
              metric={state.metric}
              largest={largest}
              total={total}
              onChoose={narrowTo}
            />
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
