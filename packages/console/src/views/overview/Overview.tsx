// Overview: how much flows, between whom, over what, and whether everyone who should report does.

import { useMemo } from 'react';
import { useSeries } from '../../api/queries.ts';
import { METRIC_NAMES, toTraffic } from '../../charts/traffic.ts';
import { Failure } from '../../components/Failure.tsx';
import { useViewState } from '../../state/use-view-state.ts';
import { Health } from './Health.tsx';
import { Numbers } from './Numbers.tsx';
import { Shares } from './Shares.tsx';
import { Talkers } from './Talkers.tsx';
import { TrafficPanel } from './TrafficPanel.tsx';

/** Groups of the traffic chart: as many as the palette has colours. */
const GROUPS = 10;

export function Overview() {
  const { state } = useViewState();
  const answer = useSeries(state, {
    by: state.by.join(','),
    metrics: Object.values(METRIC_NAMES).join(','),
    order: METRIC_NAMES[state.metric],
    limit: GROUPS,
  });
  const all = useMemo(
    () =>
      answer.data === undefined
        ? undefined
        : {
            bits: toTraffic(answer.data, state.by, 'bits', answer.dataUpdatedAt),
            packets: toTraffic(answer.data, state.by, 'packets', answer.dataUpdatedAt),
            flows: toTraffic(answer.data, state.by, 'flows', answer.dataUpdatedAt),
          },
    [answer.data, answer.dataUpdatedAt, state.by],
  );
  return (
    <div className="weir-view weir-overview">
      <h1 className="weir-hidden">Overview</h1>
      {answer.error !== null && answer.data === undefined ? (
        // One wrong filter or one silent store is one message, not one for each panel.
        <Failure error={answer.error} />
      ) : (
        <>
          <Numbers traffic={all} />
          <TrafficPanel traffic={all?.[state.metric]} meta={answer.data?.meta} error={answer.error} />
          <div className="weir-columns">
            <Talkers />
            <Shares />
          </div>
        </>
      )}
      <Health />
    </div>
  );
}
