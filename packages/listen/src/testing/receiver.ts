// A process of its own that receives on sockets it inherited, as a collecting process does. What it was handed it notes in a mapped file,
// which tells also when it was killed: a byte per number that a datagram begins with (u32, little-endian), counted up.
//
//     fork it with a ReceiverStart as its first message; it answers `ready`, then takes 'stats', 'stop' and 'leave'.
import { mapFile } from '@weir/libc';
import { leftInRing } from '../linux/left-in-ring.ts';
import { RING_BYTES } from '../linux/ring-layout.ts';
import { type DatagramBatch, type InheritedSocket, type ListenerStats, openListener } from '../listener.ts';

export interface ReceiverStart {
  readonly sockets: readonly InheritedSocket[];
  readonly lane: number;
  readonly lanes: number;
  /** File of a byte per number. */
  readonly seen: string;
  readonly numbers: number;
  /** File of the ring, if it shall outlive the process. */
  readonly ring?: string;
  /** How long a datagram takes, in milliseconds of the processor. */
  readonly cost: number;
}

export type FromReceiver =
  | { readonly type: 'ready'; readonly left: number }
  | { readonly type: 'stats'; readonly stats: ListenerStats }
  | { readonly type: 'done'; readonly stats: ListenerStats };

const say = (message: FromReceiver) => process.send?.(message);

process.once('message', async (start: ReceiverStart) => {
  const seen = new Uint8Array(mapFile(start.seen, start.numbers + 8).memory);
  /** The number of the last datagram of the ring that was noted. */
  const finished = new Float64Array(seen.buffer, start.numbers, 1);
  const note = (batch: DatagramBatch, from: number) => {
    const view = new DataView(batch.data.buffer);
    for (let i = from; i < batch.count; i++) {
      const end = performance.now() + start.cost;
      seen[view.getUint32(batch.starts[i], true)]++;
      finished[0] = batch.first + i;
      while (performance.now() < end);
    }
  };
  const ring = start.ring === undefined ? undefined : mapFile(start.ring, RING_BYTES);
  const left = ring === undefined ? undefined : leftInRing(ring.memory);
  const done = left === undefined ? 0 : Math.min(left.count, Math.max(0, finished[0] + 1 - left.first));
  if (left !== undefined) note(left, done);
  const { sockets, lane, lanes } = start;
  const listener = await openListener({
    sockets,
    receiveBufferBytes: 1 << 20,
    reusePort: false,
    lane,
    lanes,
    ...(ring === undefined ? {} : { ring }),
  });
  process.on('message', (message) => {
    if (message === 'stats') say({ type: 'stats', stats: listener.stats() });
    else listener.stop({ drain: message === 'stop' });
  });
  say({ type: 'ready', left: left === undefined ? 0 : left.count - done });
  await listener.run({ onBatch: (batch) => note(batch, 0), onTick: () => {} });
  say({ type: 'done', stats: listener.stats() });
  listener.close();
  process.disconnect();
});
