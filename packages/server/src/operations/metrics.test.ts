import { describe, expect, it } from 'vitest';
import type { CollectorStatus, ExporterStatus } from '../status.ts';
import { Metrics } from './metrics.ts';

const exporter = (address: string): ExporterStatus => ({
  key: '1',
  address,
  node: '',
  firstSeen: 1,
  lastSeen: 2,
  demo: false,
  protocols: [
    {
      protocol: 'ipfix',
      domains: [
        {
          domain: 0,
          templates: [{ id: 256, fields: ['8'], options: false, length: 4, updated: 0, unstored: [] }],
          sampling: [],
          interfaces: [],
        },
      ],
    },
  ],
  counters: { datagrams_received: 3 },
});

const status = (exporters: readonly ExporterStatus[]): CollectorStatus => ({
  collector: 'local',
  version: '0',
  started: 0,
  time: Date.now(),
  demo: false,
  pid: 1,
  memory: 0,
  lanes: [
    {
      lane: 0,
      backend: 'recvmmsg',
      sockets: [
        {
          host: '127.0.0.1',
          port: 2055,
          receiveBufferWanted: 2,
          receiveBufferGranted: 1,
          kernelDropped: 7,
          datagrams: 3,
          bytes: 9,
        },
      ],
      datagrams: 3,
      flows: 90,
      busy: 0.25,
    },
  ],
  warnings: [],
  outages: { restarts: 2, downMs: 1500, since: 0, ended: 1 },
  exporters,
  unattributed: { kernel_dropped: 7 },
  spool: { files: 2, bytes: 100, capBytes: 1000, oldest: 0, problem: '' },
});

const store = {
  problem: '',
  rows: 5,
  bytesOnDisk: 6,
  oldest: 0,
  newest: 0,
  rolledUpUntil: 0,
  backlogFiles: 1,
  loadedRows: 5,
  loadedFiles: 1,
};

describe('metrics', () => {
  it('tell the ledger, lanes, sockets, spool, store and templates', async () => {
    const metrics = new Metrics({ statuses: () => [status([exporter('10.0.0.1')])], store: () => store });
    const text = await metrics.text();
    for (const line of [
      'weir_ledger_total{collector="local",exporter="10.0.0.1",account="datagrams_received"} 3',
      'weir_ledger_total{collector="local",exporter="",account="kernel_dropped"} 7',
      'weir_lane_flows_total{collector="local",lane="0"} 90',
      'weir_socket_dropped_total{collector="local",lane="0",host="127.0.0.1",port="2055"} 7',
      'weir_collector_restarts_total{collector="local"} 2',
      'weir_collector_down_seconds_total{collector="local"} 1.5',
      'weir_spool_bytes{collector="local"} 100',
      'weir_store_rows 5',
      'weir_templates{collector="local",exporter="10.0.0.1",protocol="ipfix"} 1',
      'weir_ready 1',
    ]) {
      expect(text).toContain(`${line}\n`);
    }
  });

  it('have no outages where the collector is of a version that does not tell', async () => {
    const { outages: _, ...before } = status([]);
    const text = await new Metrics({ statuses: () => [before], store: () => store }).text();
    expect(text).toContain('weir_collector_restarts_total{collector="local"} 0\n');
    expect(text).toContain('weir_collector_down_seconds_total{collector="local"} 0\n');
  });

  it('say the same when asked twice: totals are not counted up by asking', async () => {
    const metrics = new Metrics({ statuses: () => [status([exporter('10.0.0.1')])], store: () => store });
    await metrics.text();
    expect(await metrics.text()).toContain('weir_lane_datagrams_total{collector="local",lane="0"} 3\n');
  });

  it('stay bounded when ten thousand exporters appear', async () => {
    const many = Array.from({ length: 10_000 }, (_, index) => exporter(`10.0.${index >> 8}.${index & 255}`));
    const text = await new Metrics({ statuses: () => [status(many)], store: () => store }).text();
    expect(text.split('\n').filter((line) => line.startsWith('weir_ledger_total{'))).toHaveLength(502);
    expect(text).toContain(
      'weir_ledger_total{collector="local",exporter="other",account="datagrams_received"} 28500\n',
    );
  });
});
