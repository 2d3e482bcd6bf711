import { describe, expect, it } from 'vitest';
import { refusedSink } from '../http/testdata/deps.ts';
import type { CollectorStatus, ExporterStatus } from '../status.ts';
import { type MetricsSource, metricsText } from './metrics.ts';

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
  outages: { restarts: 2, downMs: 1500, since: 0, ended: 1, held: true },
  exporters,
  otherExporters: { exporters: 0, counters: {} },
  unattributed: { kernel_dropped: 7 },
  floods: [
    { address: '192.0.2.9', share: 0.5, diverted: false },
    { address: '192.0.2.9', share: 0.9, diverted: true },
  ],
  spool: {
    files: 2,
    bytes: 100,
    capBytes: 1000,
    // As a clock says that was set since.
    oldest: 1,
    problem: '',
    consumers: [{ name: 'store', files: 2, bytes: 100, capBytes: 1000, waitingMs: 2500, droppedFlows: 0 }],
  },
});

const source = (statuses: readonly CollectorStatus[], more: Partial<MetricsSource> = {}): MetricsSource => ({
  now: 10_000,
  ready: true,
  degraded: 1,
  consumers: [{ ...refusedSink, asideFiles: 2, missingFlows: 50 }],
  statuses,
  store: {
    version: '0',
    pid: 2,
    started: 0,
    time: 9_000,
    facts: {
      problem: '',
      rows: 5,
      bytesOnDisk: 6,
      oldest: 0,
      newest: 0,
      rolledUpUntil: 4_000,
      backlogFiles: 1,
      loadedRows: 5,
      loadedFiles: 1,
    },
    queriesRunning: 4,
    queriesWaiting: 7,
  },
  storeProblem: '',
  http: {
    connections: 12,
    forwarding: 3,
    closed: { limit: 0, request_timeout: 9 },
    answers: new Map([
      [200, 40],
      [503, 2],
    ]),
    late: 0.012,
  },
  processes: new Map([['store', { residentBytes: 1024, cpuSeconds: 1.5, openFiles: 33 }]]),
  ...more,
});

const lines = async (from: MetricsSource) => (await metricsText(from)).split('\n');

describe('metrics', () => {
  it('tell the ledger, lanes, sockets, spool, store, templates, the HTTP server and processes', async () => {
    const text = await metricsText(source([status([exporter('10.0.0.1')])]));
    for (const line of [
      'weir_ledger_total{collector="local",exporter="10.0.0.1",account="datagrams_received"} 3',
      'weir_ledger_total{collector="local",exporter="",account="kernel_dropped"} 7',
      'weir_lane_flows_total{collector="local",lane="0"} 90',
      'weir_lane_busy_ratio{collector="local",lane="0"} 0.25',
      'weir_socket_dropped_total{collector="local",lane="0",host="127.0.0.1",port="2055"} 7',
      'weir_collector_restarts_total{collector="local"} 2',
      'weir_collector_down_seconds_total{collector="local"} 1.5',
      'weir_spool_bytes{collector="local"} 100',
      'weir_spool_oldest_seconds{collector="local"} 2.5',
      'weir_consumer_up{consumer="archive"} 0',
      'weir_consumer_problems{consumer="archive"} 1',
      'weir_consumer_backlog_files{consumer="archive"} 3',
      'weir_consumer_backlog_bytes{consumer="archive"} 3000',
      'weir_consumer_cap_bytes{consumer="archive"} 10000',
      'weir_consumer_oldest_seconds{consumer="archive"} 75.0004',
      'weir_consumer_dropped_flows_total{consumer="archive"} 0',
      'weir_consumer_delivered_files_total{consumer="archive"} 7',
      'weir_consumer_delivered_flows_total{consumer="archive"} 700',
      'weir_consumer_retries_total{consumer="archive"} 4',
      'weir_consumer_aside_files{consumer="archive"} 2',
      'weir_consumer_missing_flows_total{consumer="archive"} 50',
      'weir_flood_share_ratio{collector="local",address="192.0.2.9",diverted="true"} 0.9',
      'weir_degraded 1',
      'weir_store_up 1',
      'weir_store_rows 5',
      'weir_rollup_lag_seconds 6',
      'weir_store_queries_waiting 7',
      'weir_templates{collector="local",exporter="10.0.0.1",protocol="ipfix"} 1',
      'weir_http_connections 12',
      'weir_http_answers_total{code="503"} 2',
      'weir_http_connections_closed_total{reason="request_timeout"} 9',
      'weir_process_open_fds{process="store"} 33',
      'weir_ready 1',
    ]) {
      expect(text).toContain(`\n${line}\n`);
    }
  });

  it('are of the form that Prometheus reads: every sample below the HELP and TYPE of its family, each family once', async () => {
    const families = new Set<string>();
    let family = '';
    for (const line of await lines(source([status([exporter('10.0.0.1')])]))) {
      const help = /^# HELP (\w+) ./.exec(line)?.[1];
      if (help !== undefined) {
        expect(families).not.toContain(help);
        families.add(help);
        family = help;
      } else if (line.startsWith('# TYPE')) {
        expect(line).toBe(`# TYPE ${family} ${family.endsWith('_total') ? 'counter' : 'gauge'}`);
      } else if (line !== '') {
        expect(line).toMatch(new RegExp(`^${family}(\\{(\\w+="[^"]*",?)+\\})? [0-9.e+-]+$`));
      }
    }
    expect(families.size).toBeGreaterThan(30);
  });

  it('say only that the store is away before it ever told of itself', async () => {
    const found = await lines(source([], { store: undefined, storeProblem: 'the store is starting', ready: false }));
    expect(found).toContain('weir_ready 0');
    expect(found).toContain('weir_store_up 0');
    expect(found.filter((line) => line.startsWith('weir_store_rows'))).toEqual([]);
  });

  it('have no outages where the collector is of a version that does not tell', async () => {
    const { outages: _, ...before } = status([]);
    const found = await lines(source([before]));
    expect(found).toContain('weir_collector_restarts_total{collector="local"} 0');
    expect(found).toContain('weir_collector_down_seconds_total{collector="local"} 0');
  });

  it('stay bounded when ten thousand exporters appear', async () => {
    const many = Array.from({ length: 10_000 }, (_, index) => exporter(`10.0.${index >> 8}.${index & 255}`));
    const found = await lines(source([status(many)]));
    expect(found.filter((line) => line.startsWith('weir_ledger_total{'))).toHaveLength(502);
    expect(found).toContain('weir_ledger_total{collector="local",exporter="other",account="datagrams_received"} 28500');
    expect(found).toContain('weir_templates{collector="local",exporter="other",protocol="ipfix"} 9500');
  });

  it('have the exporters in them that the status does not tell one by one', async () => {
    const some = status([exporter('10.0.0.1')]);
    const found = await lines(
      source([{ ...some, otherExporters: { exporters: 40, counters: { datagrams_received: 800 } } }]),
    );
    expect(found).toContain('weir_exporters{collector="local"} 41');
    expect(found).toContain('weir_ledger_total{collector="local",exporter="other",account="datagrams_received"} 800');
  });

  it('escape what could end a label', async () => {
    const found = await lines(source([status([exporter('a"b\\c\nd')])]));
    expect(found).toContain('weir_templates{collector="local",exporter="a\\"b\\\\c\\nd",protocol="ipfix"} 1');
  });
});
