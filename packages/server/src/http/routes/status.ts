// GET /api/v1/status
import { StatusAnswer } from '@weir/query';
import { z } from 'zod';
import { STATUS_STALE_MS } from '../../status.ts';
import { route } from '../route.ts';

export const status = route({
  path: 'status',
  summary: 'How Weir is',
  description: 'Version, readiness with reasons, the collectors with their lanes and spool, and the store.',
  query: z.strictObject({}),
  answer: StatusAnswer,
  answerName: 'StatusAnswer',
  example: '',
  handle(_, asking) {
    const { deps } = asking;
    const facts = deps.storeFacts();
    const { ready, reasons } = deps.readiness();
    const collectors = deps.collectors();
    return {
      version: deps.version,
      demo: deps.demo || collectors.some((collector) => collector.demo),
      ready,
      reasons: [...reasons],
      started: deps.started,
      warnings: [...deps.gatewayWarnings()],
      collectors: collectors.map((collector) => ({
        id: collector.collector,
        version: collector.version,
        started: collector.started,
        time: collector.time,
        stale: asking.now - collector.time > STATUS_STALE_MS,
        lanes: collector.lanes.map((lane) => ({ ...lane })),
        warnings: [...collector.warnings],
        spool: {
          files: collector.spool.files,
          bytes: collector.spool.bytes,
          oldest_ms: collector.spool.oldest,
          cap_bytes: collector.spool.capBytes,
        },
      })),
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
