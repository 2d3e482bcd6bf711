// Stand-ins for what composition gives the API.
import type { StoreFacts } from '../../operations/readiness.ts';
import type { CollectorStatus } from '../../status.ts';
import { EXPORTERS } from './sample.ts';

export const storeFacts = (more: Partial<StoreFacts> = {}): StoreFacts => ({
  problem: '',
  rows: 0,
  bytesOnDisk: 0,
  oldest: 0,
  newest: 0,
  rolledUpUntil: 0,
  backlogFiles: 0,
  loadedRows: 0,
  loadedFiles: 0,
  ...more,
});

/** A collector that hears the first exporter of the sample. */
export const collectorStatus = (more: Partial<CollectorStatus> = {}): CollectorStatus => ({
  collector: 'local',
  version: '0.0.0-test',
  started: 0,
  time: 0,
  demo: false,
  pid: 1,
  memory: 0,
  lanes: [{ lane: 0, backend: 'dgram', sockets: [], datagrams: 10, flows: 300, busy: 0 }],
  warnings: [],
  exporters: [
    {
      key: EXPORTERS[0].key,
      address: EXPORTERS[0].address,
      node: '',
      firstSeen: 1,
      lastSeen: 2,
      demo: false,
      protocols: [],
      counters: { datagrams_received: 10, flows_received: 300 },
    },
  ],
  otherExporters: { exporters: 0, counters: {} },
  unattributed: {},
  floods: [],
  spool: { files: 0, bytes: 0, capBytes: 1, oldest: 0, problem: '', consumers: [] },
  ...more,
});
