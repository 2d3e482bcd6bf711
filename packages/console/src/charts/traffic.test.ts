import { describe, expect, it } from 'vitest';
import type { SeriesAnswer } from '../api/types.ts';
import { assignSlots } from './palette.ts';
import { bandAt, describeTraffic, nearestIndex, toTraffic } from './traffic.ts';
import { trafficOption } from './traffic-option.ts';

const STYLE = { theme: 'light', text: '#000', subtle: '#444', line: '#ccc', surface: '#fff' } as const;

/** Four minutes from 60 s and one that has just begun. */
const ANSWER: SeriesAnswer = {
  meta: {
    from: 60_000,
    to: 303_000,
    interval_s: 60,
    resolution: '1m',
    rows_read: 5,
    bytes_read: 100,
    elapsed_ms: 3,
    truncated: true,
    warnings: [],
  },
  times: [60_000, 120_000, 180_000, 240_000, 300_000],
  series: [
    {
      key: { src_namespace: null },
      other: true,
      values: { bits_per_second: [1, 1, 1, 1, 0] },
      total: { bits_per_second: 1 },
    },
    {
      key: { src_namespace: 'shop' },
      values: { bits_per_second: [10, 20, 30, 40, 5] },
      total: { bits_per_second: 25 },
    },
    { key: { src_namespace: '' }, values: { bits_per_second: [4, 4, 4, 4, 0] }, total: { bits_per_second: 4 } },
  ],
};
const TRAFFIC = toTraffic(ANSWER, ['src_namespace'], 'bits', 303_000);

describe('the traffic of an answer', () => {
  it('leaves out the interval that is still filling up', () => {
    expect(TRAFFIC.times).toEqual([60_000, 120_000, 180_000, 240_000]);
  });

  it('keeps every interval of a range that is over, and some of one that has hardly begun', () => {
    expect(toTraffic(ANSWER, ['src_namespace'], 'bits', 400_000).times).toHaveLength(5);
    expect(toTraffic(ANSWER, ['src_namespace'], 'bits', 0).times).toHaveLength(3);
  });

  it('puts all others last, with averages and peaks', () => {
    expect(TRAFFIC.bands.map(({ label, average, peak }) => [label, average, peak])).toEqual([
      ['shop', 25, 40],
      ['no namespace', 4, 4],
      ['all others', 1, 1],
    ]);
    expect(TRAFFIC.sum).toEqual([15, 25, 35, 45]);
    expect(TRAFFIC.average).toBe(30);
  });

  it('finds the band that a point lies in', () => {
    expect(bandAt(TRAFFIC, 125_000, 19)?.label).toBe('shop');
    expect(bandAt(TRAFFIC, 125_000, 22)?.label).toBe('no namespace');
    expect(bandAt(TRAFFIC, 125_000, 24.5)?.label).toBe('all others');
    expect(bandAt(TRAFFIC, 125_000, 26)).toBeUndefined();
    expect(bandAt({ ...TRAFFIC, times: [] }, 125_000, 1)).toBeUndefined();
  });

  it('is told in one sentence', () => {
    expect(describeTraffic(TRAFFIC, 'bits')).toBe(
      'Traffic over time: 30 bit/s on average, 45 bit/s at most. Largest: shop 25 bit/s, no namespace 4 bit/s.',
    );
    expect(describeTraffic({ ...TRAFFIC, bands: [] }, 'bits')).toContain('nothing in this time range');
  });
});

describe('the nearest time', () => {
  it('is found between two points and beyond the ends', () => {
    const times = [0, 10, 20];
    expect([-5, 4, 6, 14, 16, 99].map((time) => nearestIndex(times, time))).toEqual([0, 0, 1, 1, 2, 2]);
  });
});

describe('the chart', () => {
  it('stacks a line for each band with its colour and no animation of its own', () => {
    const option = trafficOption(TRAFFIC, ['red', 'green', 'grey'], 'bits', STYLE, true) as {
      series: { name: string; stack: string; color: string; data: number[][] }[];
      useUTC: boolean;
    };
    expect(option.useUTC).toBe(true);
    expect(option.series.map(({ name, color }) => [name, color])).toEqual([
      ['shop', 'red'],
      ['no namespace', 'green'],
      ['all others', 'grey'],
    ]);
    expect(new Set(option.series.map(({ stack }) => stack)).size).toBe(1);
    expect(option.series[0]?.data[1]).toEqual([120_000, 20]);
  });
});

describe('colours', () => {
  it('stay with a group while it is shown, and are given up by those that leave', () => {
    const first = assignSlots(new Map(), ['a', 'b', 'c']);
    expect([...first]).toEqual([
      ['a', 0],
      ['b', 1],
      ['c', 2],
    ]);
    const second = assignSlots(first, ['c', 'd', 'a']);
    expect(second.get('a')).toBe(0);
    expect(second.get('c')).toBe(2);
    expect(second.get('d')).toBe(1);
  });
});
