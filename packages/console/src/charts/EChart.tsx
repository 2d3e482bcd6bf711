// An ECharts canvas. Loaded when the first chart is: the library is a chunk of its own. Dragging across selects a stretch of
// the time axis; a click tells where it was, in the chart's own values.
import { BarChart, LineChart } from 'echarts/charts';
import { GridComponent, TooltipComponent } from 'echarts/components';
import { type ECharts, type EChartsCoreOption, init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { type PointerEvent as ReactPointerEvent, useEffect, useRef, useState } from 'react';

use([LineChart, BarChart, GridComponent, TooltipComponent, CanvasRenderer]);

export interface EChartProps {
  readonly option: EChartsCoreOption;
  readonly height: number;
  /** What the chart says, for those who do not see it. */
  readonly description: string;
  /** A click, in axis values. */
  readonly onPoint?: (x: number, y: number) => void;
  /** A stretch of the x axis chosen by dragging. */
  readonly onStretch?: (from: number, to: number) => void;
}

/** Pixels that a pointer must move before a press is a drag. */
const DRAG = 6;

const still = () => window.matchMedia('(prefers-reduced-motion: reduce)').matches;

export function EChart({ option, height, description, onPoint, onStretch }: EChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<ECharts | null>(null);
  const [drag, setDrag] = useState<{ readonly from: number; readonly to: number }>();

  useEffect(() => {
    if (host.current === null) return;
    const made = init(host.current, undefined, { renderer: 'canvas' });
    chart.current = made;
    const watcher = new ResizeObserver(() => made.resize());
    watcher.observe(host.current);
    return () => {
      watcher.disconnect();
      made.dispose();
    };
  }, []);

  useEffect(() => {
    // Refreshes come every few seconds: only the first drawing may move.
    chart.current?.setOption(
      { animation: false, ...(still() ? {} : { stateAnimation: { duration: 0 } }), ...option },
      true,
    );
  }, [option]);

  const place = (event: ReactPointerEvent): readonly [number, number] | undefined => {
    const box = host.current?.getBoundingClientRect();
    if (box === undefined || chart.current === null) return undefined;
    const pixel = [event.clientX - box.left, event.clientY - box.top];
    if (!chart.current.containPixel('grid', pixel) && drag === undefined) return undefined;
    const value = chart.current.convertFromPixel('grid', pixel);
    return Array.isArray(value) ? [Number(value[0]), Number(value[1])] : undefined;
  };

  const up = (event: ReactPointerEvent) => {
    const here = place(event);
    if (
      drag !== undefined &&
      Math.abs(drag.to - drag.from) >= DRAG &&
      onStretch !== undefined &&
      chart.current !== null
    ) {
      const ends = [drag.from, drag.to].map(
        (x) => chart.current?.convertFromPixel({ xAxisIndex: 0 }, x) as unknown as number,
      );
      onStretch(Math.min(...ends), Math.max(...ends));
    } else if (here !== undefined) onPoint?.(here[0], here[1]);
    setDrag(undefined);
  };

  const offset = (event: ReactPointerEvent) => event.clientX - (host.current?.getBoundingClientRect().left ?? 0);

  return (
    <div
      role="img"
      aria-label={description}
      className={`weir-chart${onPoint === undefined ? '' : ' weir-m-clickable'}`}
      style={{ height }}
      onPointerDown={(event) => {
        if (event.button !== 0 || place(event) === undefined) return;
        if (onStretch !== undefined && event.pointerType === 'mouse')
          event.currentTarget.setPointerCapture(event.pointerId);
        setDrag({ from: offset(event), to: offset(event) });
      }}
      onPointerMove={(event) => {
        if (drag !== undefined && onStretch !== undefined) setDrag({ from: drag.from, to: offset(event) });
      }}
      onPointerUp={up}
      onPointerCancel={() => setDrag(undefined)}
    >
      <div ref={host} className="weir-chart-canvas" />
      {drag !== undefined && Math.abs(drag.to - drag.from) >= DRAG && onStretch !== undefined && (
        <div
          className="weir-chart-stretch"
          style={{ left: Math.min(drag.from, drag.to), width: Math.abs(drag.to - drag.from) }}
        />
      )}
    </div>
  );
}
