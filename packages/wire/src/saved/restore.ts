// Reads what save.ts wrote. The checksum finds damage before anything is restored; what a forged state could do beyond that is no more
// than what a sender of the same templates could.
import { SOURCE } from '@weir/record';
import type { MessageContext } from '../decoder.ts';
import { WireError } from '../errors.ts';
import type { Exporter } from '../exporter.ts';
import { IPFIX_FRAMING } from '../ipfix/message.ts';
import { restoreEngines } from '../netflow/v5-saved.ts';
import { netflow5State } from '../netflow/v5-state.ts';
import { V9_FRAMING } from '../netflow/v9.ts';
import { restoreSources } from '../sflow/saved.ts';
import { sflowSource } from '../sflow/state.ts';
import { restoreTemplates } from '../template/restore.ts';
import { damaged, StateReader } from './bytes.ts';
import type { Restoring } from './restoring.ts';
import { CHECKED_FROM, checksum, FORMAT, MAGIC } from './save.ts';

export interface Restored {
  readonly exporters: number;
  readonly templates: number;
}

/**
 * Restores a saved state into the tables of `context`, as far as their caps allow. `time` is now, in milliseconds since 1970, or
 * undefined; `isAllowed` says who may send. Throws WireError `bad_state` for bytes that are none.
 */
export function restoreState(
  bytes: Uint8Array,
  context: MessageContext,
  time: number | undefined,
  isAllowed: (words: Uint32Array) => boolean,
): Restored {
  const reader = opened(bytes);
  const { clock, exporters, limits } = context;
  const elapsed = elapsedSince(reader.time(), time, reader.time(), clock.monotonic);
  reader.u32();
  reader.u32();
  const restoring: Restoring = {
    context,
    elapsed,
    isExpired: ({ used }) => clock.now - used > limits.lifetimeMs,
  };
  const sections: { exporter: Exporter | undefined; source: number; body: Uint8Array }[] = [];
  let restored = 0;
  // All exporters first: agents of sFlow refer to who sends for them.
  reader.list(() => {
    const words = reader.words();
    const [firstSeen, lastSeen, idle] = [reader.time(), reader.time(), reader.time()];
    const minutes = reader.u32();
    const exporter = isAllowed(words) ? exporters.at(words, 0) : undefined;
    if (exporter !== undefined) {
      exporter.restore(firstSeen, lastSeen, clock.now - elapsed - idle, minutes);
      restored++;
    }
    reader.list(() => sections.push({ exporter, source: reader.u8(), body: reader.bytes() }));
  });
  let templates = 0;
  for (const { exporter, source, body } of sections) {
    if (exporter !== undefined) templates += restoreSection(exporter, source, new StateReader(body), restoring);
  }
  return { exporters: restored, templates };
}

function restoreSection(exporter: Exporter, source: number, reader: StateReader, restoring: Restoring): number {
  const { context } = restoring;
  const { exporters } = context;
  context.exporter = exporter;
  switch (source) {
    case SOURCE.netflow5:
      restoreEngines(netflow5State(context), reader, restoring);
      return 0;
    case SOURCE.netflow9:
      return restoreTemplates(source, V9_FRAMING, reader, restoring);
    case SOURCE.ipfix:
      return restoreTemplates(source, IPFIX_FRAMING, reader, restoring);
    case SOURCE.sflow5:
      restoreSources(
        (words) => {
          const sender = exporters.find(words, 0);
          const mayName = sender !== undefined && exporters.named(exporter.words, 0, sender) === exporter;
          return mayName ? sflowSource(exporter, sender, context) : undefined;
        },
        reader,
        restoring,
      );
      return 0;
    default:
      return 0;
  }
}

/** A reader that stands behind magic and format. */
function opened(bytes: Uint8Array): StateReader {
  const reader = new StateReader(bytes);
  if (bytes.length < 8 || reader.u32() !== MAGIC) {
    throw new WireError('bad_state', 'these bytes are no saved state of exporters. Start without them');
  }
  const format = reader.u32();
  if (format !== FORMAT) {
    throw new WireError(
      'bad_state',
      `the saved state of the exporters has format ${format}, and this version reads ${FORMAT}. Start without it`,
    );
  }
  if (bytes.length < CHECKED_FROM + 8) throw damaged('its length');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { lo, hi } = checksum(bytes);
  if (view.getUint32(CHECKED_FROM) !== lo >>> 0 || view.getUint32(CHECKED_FROM + 4) !== hi >>> 0) {
    throw damaged('its checksum');
  }
  return reader;
}

/**
 * Milliseconds between saving and now, by the clock that says less, so that nothing expires too early: the time of day may have jumped,
 * and the monotonic clock begins again with the system. Where neither can tell, none has passed.
 */
function elapsedSince(savedTime: number, time: number | undefined, savedMonotonic: number, monotonic: number): number {
  const byTime = time === undefined || savedTime === 0 ? undefined : Math.max(0, time - savedTime);
  if (monotonic < savedMonotonic) return byTime ?? 0;
  return Math.min(byTime ?? Number.POSITIVE_INFINITY, monotonic - savedMonotonic);
}
