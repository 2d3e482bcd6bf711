// Stand-ins for what composition gives the API.
import type { ConsumerReport } from '../../operations/consumers.ts';
import type { HealthReport } from '../../operations/health.ts';
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
      protocols: [
        {
          protocol: 'IPFIX',
          domains: [
            {
              domain: 1,
              templates: [
                { id: 256, fields: ['8', '224'], options: false, length: 12, updated: 0, unstored: ['ipTotalLength'] },
              ],
              sampling: [],
              interfaces: [],
            },
          ],
          unstored: [{ element: 'ipTotalLength', records: 300 }],
        },
      ],
      counters: { datagrams_received: 10, flows_received: 300 },
    },
  ],
  otherExporters: { exporters: 0, counters: {} },
  unattributed: {},
  floods: [],
  spool: { files: 0, bytes: 0, capBytes: 1, oldest: 0, problem: '', consumers: [] },
  ...more,
});

/** A sink that takes no flows. */
export const refusedSink: ConsumerReport = {
  name: 'archive',
  type: 'files',
  state: 'retrying',
  backlog: { files: 3, bytes: 3000, capBytes: 10_000, waitingMs: 75_000.4, droppedFlows: 0 },
  deliveredFiles: 7,
  deliveredFlows: 700,
  retries: 4,
  asideFiles: 0,
  missingFiles: 0,
  missingFlows: 0,
  problems: ['the sink "archive" does not take flows: No space left on device (3 files wait, the oldest for 75 s)'],
};

/** Of a Weir that is ready, with a sink that takes no flows. */
export const healthReport = (
  collectors: HealthReport['collectors'] = [{ status: collectorStatus(), running: true }],
): HealthReport => ({
  readiness: { ready: true, reasons: [], degraded: refusedSink.problems },
  collectors,
  consumers: [refusedSink],
});
