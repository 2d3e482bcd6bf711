// Counter samples. Only what names and describes interfaces is kept: index, type, speed and name.
import { COUNTER_RECORD, SOURCE_CLASS_IF_INDEX } from './format.ts';
import type { SubAgent } from './sub-agent.ts';

/** ifName (RFC 2863) is at most 255 bytes. */
const MAX_NAME_BYTES = 255;
const text = new TextDecoder('utf-8');

/** False where a length does not fit. */
export function readCounterSample(
  subAgent: SubAgent | undefined,
  view: DataView,
  start: number,
  end: number,
  expanded: boolean,
): boolean {
  let at = start + (expanded ? 16 : 12);
  if (at > end) return false;
  const sourceClass = expanded ? view.getUint32(start + 4) : view.getUint8(start + 4);
  const sourceIndex = expanded ? view.getUint32(start + 8) : view.getUint32(start + 4) & 0xffffff;
  const count = view.getUint32(at - 4);
  for (let i = 0; i < count; i++) {
    if (end - at < 8) return false;
    const format = view.getUint32(at);
    const length = view.getUint32(at + 4);
    at += 8;
    if (length > end - at) return false;
    if (subAgent !== undefined) {
      if (format === COUNTER_RECORD.generic) readGeneric(subAgent, view, at, length);
      else if (format === COUNTER_RECORD.portName && sourceClass === SOURCE_CLASS_IF_INDEX) {
        readPortName(subAgent, view, at, length, sourceIndex);
      }
    }
    at = Math.min(end, at + ((length + 3) & ~3));
  }
  return true;
}

/** Generic interface counters: ifIndex, ifType, ifSpeed (64 bits), then counters that are not kept. */
function readGeneric(subAgent: SubAgent, view: DataView, at: number, length: number): void {
  if (length < 16) return;
  const type = view.getUint32(at + 4);
  const speed = view.getUint32(at + 8) * 4294967296 + view.getUint32(at + 12);
  subAgent.describeInterface(view.getUint32(at), { type, speed });
}

function readPortName(subAgent: SubAgent, view: DataView, at: number, length: number, ifIndex: number): void {
  if (length < 4) return;
  const bytes = view.getUint32(at);
  if (bytes === 0 || bytes > length - 4 || bytes > MAX_NAME_BYTES) return;
  const name = text.decode(new Uint8Array(view.buffer, view.byteOffset + at + 4, bytes));
  subAgent.describeInterface(ifIndex, { name });
}
