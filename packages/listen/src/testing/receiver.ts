// A process of its own that receives on sockets it inherited, as a collecting process does. What it was handed it notes in a mapped file,
// which tells also when it was killed: a byte per number that a datagram begins with (u32, little-endian), counted up.
//
//     fork it with a ReceiverStart as its first message; it answers `ready`, then takes 'stats', 'stop' and 'leave'.
import { mapFile } from '@weir/libc';
import { type DatagramBatch, type InheritedSocket, type ListenerStats, openListener } from '../listener.ts';

export interface ReceiverStart {
  readonly sockets: readonly InheritedSocket[];
  readonly lane: number;
  readonly lanes: number;
  /** File of a byte per number. */
  readonly seen: string;
  readonly numbers: number;
  /** How long a datagram takes, in milliseconds of the processor. */
  readonly cost: number;
}

export type FromReceiver =
  | { readonly type: 'ready' }
  | { readonly type: 'stats'; readonly stats: ListenerStats }
  | { readonly type: 'done'; readonly stats: ListenerStats };

const say = (message: FromReceiver) => process.send?.(message);

process.once('message', async (start: ReceiverStart) => {
  const seen = new Uint8Array(mapFile(start.seen, start.numbers).memory);
  const note = (batch: DatagramBatch) => {
    const view = new DataView(batch.data.buffer);
    for (let i = 0; i < batch.count; i++) {
      const end = performance.now() + start.cost;
      seen[view.getUint32(batch.starts[i], true)]++;
      while (performance.now() < end);
    }
  };
  const { sockets, lane, lanes } = start;
  const listener = await openListener({
    sockets,
    receiveBufferBytes: 1 << 20,
    reusePort: false,
    lane,
    lanes,
  });
  process.on('message', (message) => {
    if (message === 'stats') say({ type: 'stats', stats: listener.stats() });
    else listener.stop({ drain: message === 'stop' });
  });
  say({ type: 'ready' });
  await listener.run({ onBatch: note, onTick: () => {} });
  say({ type: 'done', stats: listener.stats() });
  listener.close();
  process.disconnect();
});
