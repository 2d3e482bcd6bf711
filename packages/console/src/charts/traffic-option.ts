// The traffic chart: stacked areas over time, as an ECharts option. Pure.
import type { EChartsCoreOption } from 'echarts/core';
import { trimmed } from '../format/number.ts';
import { formatDateTime } from '../format/time.ts';
import type { Metric } from '../state/search.ts';
import { type ChartStyle, FONT } from './style.ts';
import { formatMetric, type Traffic } from './traffic.ts';

/** Rows of a tooltip: past this many the pointer's screen is full. */
const TOOLTIP_ROWS = 11;

/** Labels of the time axis by what they stand at: midnight says the day. */
const TIME_LABELS = {
  year: '{yyyy}',
  month: '{MMM} {d}',
  day: '{MMM} {d}',
  hour: '{HH}:{mm}',
  minute: '{HH}:{mm}',
  second: '{HH}:{mm}:{ss}',
  millisecond: '{HH}:{mm}:{ss}',
};

interface TooltipItem {
  readonly seriesName: string;
  readonly color: string;
  readonly value: readonly [number, number];
}

function element(tag: string, className: string, text = ''): HTMLElement {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

/** Tooltip as elements: text from the network is never read as HTML, and no inline style attributes are needed. */
function tooltip(items: readonly TooltipItem[], metric: Metric, utc: boolean): HTMLElement {
  const box = element('div', 'weir-tooltip');
  const sum = items.reduce((total, item) => total + item.value[1], 0);
  box.append(element('div', 'weir-tooltip-time', formatDateTime(items[0]?.value[0] ?? 0, utc)));
  const rows = items.filter((item) => item.value[1] > 0).sort((a, b) => b.value[1] - a.value[1]);
  for (const item of rows.slice(0, TOOLTIP_ROWS)) {
    const row = element('div', 'weir-tooltip-row');
    const mark = element('span', 'weir-swatch');
    mark.style.backgroundColor = item.color;
    row.append(mark, element('span', 'weir-tooltip-name', item.seriesName));
    row.append(element('span', 'weir-tooltip-value', formatMetric(metric, item.value[1])));
    box.append(row);
  }
  const total = element('div', 'weir-tooltip-row weir-m-total');
  total.append(
    element('span', 'weir-tooltip-name', 'Total'),
    element('span', 'weir-tooltip-value', formatMetric(metric, sum)),
  );
  box.append(total);
  return box;
}

/** Option for a traffic answer; `colours` by band, in order. */
export function trafficOption(
  traffic: Traffic,
  colours: readonly string[],
  metric: Metric,
  style: ChartStyle,
  utc: boolean,
): EChartsCoreOption {
  const text = { color: style.subtle, fontFamily: FONT, fontSize: 12 };
  return {
    useUTC: utc,
    textStyle: { fontFamily: FONT },
    grid: { left: 8, right: 12, top: 12, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    xAxis: {
      type: 'time',
      axisLabel: { ...text, hideOverlap: true, formatter: TIME_LABELS },
      axisLine: { lineStyle: { color: style.line } },
      axisTick: { show: false },
      splitLine: { show: false },
    },
    yAxis: {
      type: 'value',
      splitNumber: 4,
      axisLabel: { ...text, formatter: (value: number) => trimmed(formatMetric(metric, value)) },
      splitLine: { lineStyle: { color: style.line } },
    },
    tooltip: {
      trigger: 'axis',
      confine: true,
      padding: 0,
      borderWidth: 0,
      backgroundColor: 'transparent',
      transitionDuration: 0,
      axisPointer: { type: 'line', lineStyle: { color: style.subtle, type: 'solid', width: 1 } },
      formatter: (items: unknown) => tooltip(items as readonly TooltipItem[], metric, utc),
    },
    series: traffic.bands.map((band, index) => ({
      id: `${index}`,
      name: band.label,
      type: 'line',
      stack: 'all',
      color: colours[index],
      data: traffic.times.map((time, at) => [time, band.values[at] ?? 0]),
      showSymbol: traffic.times.length === 1,
      symbolSize: 4,
      silent: true,
      lineStyle: { width: 1 },
      areaStyle: { opacity: style.theme === 'dark' ? 0.55 : 0.65 },
      emphasis: { disabled: true },
    })),
  };
}
