// What the traffic is made of: protocols, server ports, services or where it flows, as bars or as a table.
import { type ReactNode, useMemo } from 'react';
import { useTop } from '../../api/queries.ts';
import type { TopRow } from '../../api/types.ts';
import { BAR_HEIGHT, barsOption } from '../../charts/bars-option.ts';
import { Chart } from '../../charts/Chart.tsx';
import { colourAt, otherColour } from '../../charts/palette.ts';
import { chartStyle } from '../../charts/style.ts';
import { formatMetric, METRIC_NAMES } from '../../charts/traffic.ts';
import { Choice } from '../../components/Choice.tsx';
import { Panel } from '../../components/Panel.tsx';
import { TwinToggle, useTwin } from '../../components/TwinToggle.tsx';
import { groupLabel } from '../../format/entity.ts';
import { formatShare } from '../../format/number.ts';
import type { Share } from '../../state/search.ts';
import { useTheme } from '../../state/theme.ts';
import { useViewState } from '../../state/use-view-state.ts';
import { SHARE_FIELDS, SHARE_OPTIONS } from './dimensions.ts';
import { nothing } from './nothing.ts';
import { SharesTable } from './SharesTable.tsx';

interface BarsProps {
  readonly id: string;
  readonly title: string;
  readonly by: readonly string[];
  readonly limit: number;
  readonly controls?: ReactNode;
}

/** One set of bars: groups by some fields, a click narrows the filter. */
function Bars({ id, title, by, limit, controls }: BarsProps) {
  const { state, narrowTo } = useViewState();
  const theme = useTheme();
  const table = useTwin(id);
  const metric = METRIC_NAMES[state.metric];
  const { data, error } = useTop(state, { by: by.join(','), metrics: metric, limit });
  const total = data?.total[metric] ?? 0;
  const shares = useMemo(
    () =>
      (data?.rows ?? []).map((row) => ({
        row,
        label: row.other ? 'all others' : groupLabel(row.key, by),
        value: row.values[metric] ?? 0,
      })),
    [data, by, metric],
  );
  const option = useMemo(() => {
    const bars = shares.map(({ row, label, value }) => ({
      label,
      value,
      colour: row.other ? otherColour(theme) : colourAt(0, theme),
    }));
    return barsOption(bars, total, (value) => formatMetric(state.metric, value), chartStyle(theme));
  }, [shares, total, state.metric, theme]);
  const choose = (row: TopRow | undefined) => {
    if (row !== undefined && !row.other) narrowTo(row.key);
  };
  return (
    <Panel
      title={title}
      controls={
        <>
          {controls}
          <TwinToggle id={id} title={title} />
        </>
      }
      meta={data?.meta}
      error={error}
      loaded={data !== undefined}
      empty={shares.length === 0 ? nothing(state.filter) : undefined}
      height={(limit + 1) * BAR_HEIGHT}
    >
      {table ? (
        <SharesTable title={title} shares={shares} total={total} metric={state.metric} onChoose={choose} />
      ) : (
        <Chart
          option={option}
          height={shares.length * BAR_HEIGHT + 8}
          description={`${title}: ${shares.map(({ label, value }) => `${label} ${formatShare(value, total)}`).join(', ')}.`}
          onPoint={(_x, y) => choose(shares[Math.round(y)]?.row)}
        />
      )}
    </Panel>
  );
}

const PROTO = ['proto'];

export function Shares() {
  const { state, change } = useViewState();
  const title = SHARE_OPTIONS.find((option) => option.value === state.share)?.label ?? '';
  return (
    <div className="weir-stack">
      <Bars id="protocols" title="Protocols" by={PROTO} limit={4} />
      <Bars
        id="shares"
        title={title}
        by={SHARE_FIELDS[state.share]}
        limit={6}
        controls={
          <Choice
            label="Show"
            end
            value={state.share}
            options={SHARE_OPTIONS}
            onChange={(value) => change({ share: value as Share })}
          />
        }
      />
    </div>
  );
}
