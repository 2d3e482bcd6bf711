// Horizontal bars, largest on top: shares of protocols, ports, services. Pure.
import type { EChartsCoreOption } from 'echarts/core';
import { formatShare } from '../format/number.ts';
import { type ChartStyle, FONT } from './style.ts';

export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly colour: string;
}

/** Pixels a bar takes with its gap. */
export const BAR_HEIGHT = 30;

/** Option for bars; `format` writes a value, the share of `total` follows it. */
export function barsOption(
  bars: readonly Bar[],
  total: number,
  format: (value: number) => string,
  style: ChartStyle,
): EChartsCoreOption {
  return {
    textStyle: { fontFamily: FONT },
    grid: { left: 0, right: 130, top: 0, bottom: 0, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    xAxis: { type: 'value', show: false, min: 0 },
    yAxis: {
      type: 'category',
      inverse: true,
      data: bars.map((bar) => bar.label),
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { color: style.text, fontFamily: FONT, fontSize: 13, width: 150, overflow: 'truncate', margin: 12 },
    },
    series: [
      {
        type: 'bar',
        barWidth: 14,
        data: bars.map((bar) => ({ value: bar.value, itemStyle: { color: bar.colour, borderRadius: 3 } })),
        showBackground: true,
        backgroundStyle: { color: style.line, opacity: 0.35, borderRadius: 3 },
        label: {
          show: true,
          position: 'right',
          color: style.subtle,
          fontFamily: FONT,
          fontSize: 12,
          formatter: ({ value }: { value: number }) => `${format(value)} · ${formatShare(value, total)}`,
        },
        emphasis: { disabled: true },
      },
    ],
  };
}
