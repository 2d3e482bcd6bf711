// Traffic over time, split by whatever the person chose: stacked areas with a legend that filters, or a table.

import { ToggleGroup, ToggleGroupItem } from '@patternfly/react-core/dist/esm/components/ToggleGroup';
import { useMemo, useRef } from 'react';
import { useFields } from '../../api/queries.ts';
import type { Meta } from '../../api/types.ts';
import { Chart } from '../../charts/Chart.tsx';
import { assignSlots, colourAt, otherColour } from '../../charts/palette.ts';
import { chartStyle } from '../../charts/style.ts';
import { bandAt, describeTraffic, METRIC_LABELS, type Traffic } from '../../charts/traffic.ts';
import { trafficOption } from '../../charts/traffic-option.ts';
import { Choice } from '../../components/Choice.tsx';
import { Panel } from '../../components/Panel.tsx';
import { TwinToggle, useTwin } from '../../components/TwinToggle.tsx';
import { METRICS } from '../../state/search.ts';
import { useTheme } from '../../state/theme.ts';
import { useViewState } from '../../state/use-view-state.ts';
import { splitOptions } from './dimensions.ts';
import { nothing } from './nothing.ts';
import { TrafficLegend } from './TrafficLegend.tsx';
import { TrafficTable } from './TrafficTable.tsx';

const HEIGHT = 316;
/** A stretch shorter than this shows nothing. */
const SHORTEST_MS = 10_000;

interface Props {
  readonly traffic: Traffic | undefined;
  readonly meta: Meta | undefined;
  readonly error: Error | null;
}

/** Colours of the bands: a group keeps its own while it is shown. */
function useColours(traffic: Traffic | undefined): readonly string[] {
  const theme = useTheme();
  const slots = useRef<ReadonlyMap<string, number>>(new Map());
  return useMemo(() => {
    const bands = traffic?.bands ?? [];
    slots.current = assignSlots(
      slots.current,
      bands.filter((band) => !band.other).map((band) => band.label),
    );
    return bands.map((band) => (band.other ? otherColour(theme) : colourAt(slots.current.get(band.label) ?? 0, theme)));
  }, [traffic, theme]);
}

function Controls() {
  const { state, change } = useViewState();
  const fields = useFields().data?.fields ?? [];
  const chosen = state.by.join(',');
  return (
    <>
      <Choice
        label="Split by"
        showLabel
        searchable
        end
        value={chosen}
        options={splitOptions(fields, chosen)}
        onChange={(value) => change({ by: value.split(',') })}
      />
      <ToggleGroup isCompact aria-label="Measured in">
        {METRICS.map((metric) => (
          <ToggleGroupItem
            key={metric}
            text={METRIC_LABELS[metric]}
            isSelected={state.metric === metric}
            onChange={() => change({ metric })}
          />
        ))}
      </ToggleGroup>
      <TwinToggle id="traffic" title="Traffic" />
    </>
  );
}

export function TrafficPanel({ traffic, meta, error }: Props) {
  const { state, change, narrowTo } = useViewState();
  const theme = useTheme();
  const table = useTwin('traffic');
  const colours = useColours(traffic);
  const option = useMemo(
    () => (traffic === undefined ? {} : trafficOption(traffic, colours, state.metric, chartStyle(theme), state.utc)),
    [traffic, colours, state.metric, theme, state.utc],
  );
  const empty = traffic !== undefined && traffic.bands.length === 0;
  return (
    <Panel
      title="Traffic"
      controls={<Controls />}
      meta={meta}
      error={error}
      loaded={traffic !== undefined}
      empty={empty ? nothing(state.filter) : undefined}
      height={HEIGHT}
    >
      {traffic !== undefined && (
        <div className="weir-traffic">
          {table ? (
            <TrafficTable traffic={traffic} metric={state.metric} utc={state.utc} height={HEIGHT} />
          ) : (
            <Chart
              option={option}
              height={HEIGHT}
              description={describeTraffic(traffic, state.metric)}
              onPoint={(time, value) => {
                const band = bandAt(traffic, time, value);
                if (band?.key !== undefined) narrowTo(band.key);
              }}
              onStretch={(from, to) => {
                if (to - from < SHORTEST_MS) return;
                change({ from: new Date(from).toISOString(), to: new Date(to).toISOString() });
              }}
            />
          )}
          <TrafficLegend traffic={traffic} colours={colours} metric={state.metric} onChoose={narrowTo} />
        </div>
      )}
    </Panel>
  );
}
