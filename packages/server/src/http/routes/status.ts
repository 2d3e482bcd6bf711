// GET /api/v1/status
import { StatusAnswer } from '@weir/query';
import { z } from 'zod';
import type { ConsumerReport } from '../../operations/consumers.ts';
import { floodWarning, heaviestFloods } from '../../operations/floods.ts';
import type { CollectorStatus } from '../../status.ts';
import { route } from '../route.ts';

export const status = route({
  path: 'status',
  summary: 'How Weir is',
  description:
    'Version, readiness with reasons, the collectors with their lanes, spool and senders that flood, the consumers of the spool, and the store.',
  query: z.strictObject({}),
  answer: StatusAnswer,
  answerName: 'StatusAnswer',
  example: '',
  async handle(_, { deps }): Promise<StatusAnswer> {
    const facts = deps.storeFacts();
    const { readiness, collectors, consumers } = await deps.health();
    const { ready, reasons, degraded = [] } = readiness;
    return {
      version: deps.version,
      demo: deps.demo || collectors.some(({ status }) => status.demo),
      ready,
      reasons: [...reasons],
      degraded: [...degraded],
      started: deps.started,
      warnings: [...deps.gatewayWarnings()],
      collectors: collectors.map(({ status, running }) => collectorAnswer(status, running)),
      consumers: consumers.map(consumerAnswer),
      store: {
        rows: facts.rows,
        bytes_on_disk: facts.bytesOnDisk,
        oldest: facts.oldest,
        newest: facts.newest,
        rolled_up_until: { ...deps.rolledUpUntil() },
        backlog_files: facts.backlogFiles,
      },
    };
  },
});

function collectorAnswer(status: CollectorStatus, running: boolean): StatusAnswer['collectors'][number] {
  const { collector, version, started, time, lanes, warnings, spool, otherExporters } = status;
  const floods = heaviestFloods(status.floods);
  return {
    id: collector,
    version,
    started,
    time,
    stale: !running,
    lanes: lanes.map((lane) => ({ ...lane })),
    // What a process that is gone warned of is over.
    warnings: running ? [...warnings, ...floods.map(floodWarning)] : [...warnings],
    floods: running ? floods : [],
    other_exporters: otherExporters.exporters,
    spool: { files: spool.files, bytes: spool.bytes, oldest_ms: spool.oldest, cap_bytes: spool.capBytes },
  };
}

function consumerAnswer(consumer: ConsumerReport): StatusAnswer['consumers'][number] {
  const { name, type, state, backlog, problems } = consumer;
  return {
    name,
    type,
    state,
    backlog_files: backlog.files,
    backlog_bytes: backlog.bytes,
    cap_bytes: backlog.capBytes,
    waiting_ms: Math.round(backlog.waitingMs),
    dropped_flows: backlog.droppedFlows,
    delivered_files: consumer.deliveredFiles,
    delivered_flows: consumer.deliveredFlows,
    retries: consumer.retries,
    aside_files: consumer.asideFiles,
    missing_files: consumer.missingFiles,
    problems: [...problems],
  };
}
