import { describe, expect, it } from 'vitest';
import { exportersAnswer } from '../../browser/fixture/answers.ts';
import { elementName, unstoredText } from './elements.ts';
import { isReporting, losses, nextSort, samplingOf, sortExporters } from './health.ts';

const NOW = Date.UTC(2026, 10, 20);
const { exporters } = exportersAnswer(NOW);
const names = (sort: string) => sortExporters(exporters, sort).map(({ name }) => name);

describe('exporters', () => {
  it('report while they were heard in the last minute', () => {
    expect(exporters.map((exporter) => isReporting(exporter, NOW))).toEqual([true, true, false]);
  });

  it('are sorted by a column, falling with a minus', () => {
    expect(names('exporter')).toEqual(['worker-0', 'worker-1', 'worker-2']);
    expect(names('-datagrams')).toEqual(['worker-2', 'worker-1', 'worker-0']);
    expect(names('-lost')[0]).toBe('worker-1');
    expect(names('no_such_column')).toEqual(names('exporter'));
  });

  it('tell what they lost, by account', () => {
    expect(losses(exporters[1]?.counters ?? {})).toEqual([
      { name: 'datagrams_malformed', count: 3 },
      { name: 'sequence_lost_flows', count: 1290 },
    ]);
  });
});

describe('sampling rates', () => {
  it('are listed once, with all they are for', () => {
    const sampling = ['source 10', 'source 2', ''].map((selector) => ({ selector, rate: selector === '' ? 64 : 512 }));
    expect(samplingOf({ domain: 0, templates: [], interfaces: [], sampling })).toEqual([
      { rate: 64, selectors: ['everything'] },
      { rate: 512, selectors: ['source 2', 'source 10'] },
    ]);
  });
});

describe('sorting by a click', () => {
  it('begins with the largest number or the first name, then turns round', () => {
    expect(nextSort('exporter', 'flows')).toBe('-flows');
    expect(nextSort('-flows', 'flows')).toBe('flows');
    expect(nextSort('flows', 'flows')).toBe('-flows');
    expect(nextSort('-flows', 'exporter')).toBe('exporter');
  });
});

describe('elements of templates', () => {
  it('are named by the field they fill', () => {
    expect(elementName('8')).toBe('src_addr');
    expect(elementName('56506/136')).toBe('tcp_state');
    expect(elementName('9999')).toBeUndefined();
  });

  it('are counted where they are not stored', () => {
    const fields = Array.from({ length: 70 }, (_, id) => String(id));
    const unstored = (count: number) => unstoredText({ fields, unstored: fields.slice(0, count) });
    expect(unstored(54)).toBe('54 of 70 elements of this template are not stored');
    expect(unstored(1)).toBe('1 of 70 elements of this template is not stored');
    expect(unstored(0)).toBeUndefined();
    // From a collector of a version before this one.
    expect(unstoredText({ fields })).toBeUndefined();
  });
});
