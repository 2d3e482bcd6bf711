// The sender, a process of its own: NetFlow v5 from several addresses, every flow with a number of its own in its byte counter. It goes on until
// it is told to pause, and then says how many datagrams the kernel has taken from each address.
import { BYTES, connected, prepare, RECORDS, SendRing, stamp } from '@weir/bench/load';

export type ToSender =
  /** Flows a second, all addresses together. */
  { readonly type: 'go'; readonly rate: number } | { readonly type: 'pause' };

export interface Sent {
  /** Datagrams by address. */
  readonly datagrams: Readonly<Record<string, number>>;
  /** Number of the last flow; the first is 1. */
  readonly last: number;
}

export const FLOWS_PER_DATAGRAM = RECORDS;
export const addressOf = (exporter: number): string => `127.0.0.${exporter + 2}`;

/** Datagrams a call. */
const BURST = 32;
const UPTIME = 3_600_000;

function main(port: number, exporterCount: number): void {
  const ring = new SendRing(BURST, BYTES);
  for (let slot = 0; slot < BURST; slot++) {
    prepare(ring.view, slot * BYTES, 0);
    for (let record = 0, at = slot * BYTES + 24; record < RECORDS; record++, at += 48) {
      ring.view.setUint32(at + 4, 0xc0000201);
      ring.view.setUint32(at + 16, 1);
      ring.view.setUint32(at + 24, UPTIME - 10_000);
      ring.view.setUint32(at + 28, UPTIME);
      ring.view.setUint16(at + 34, 443);
      ring.view.setUint8(at + 38, 6);
    }
  }
  const exporters = Array.from({ length: exporterCount }, (_, index) => ({
    address: addressOf(index),
    fd: connected(addressOf(index), '127.0.0.1', port),
    datagrams: 0,
  }));
  let last = 0;
  let turn = 0;
  let rate = 0;
  let due = 0;
  let before = performance.now();
  let timer: NodeJS.Timeout | undefined;

  const burst = (count: number) => {
    const exporter = exporters[turn++ % exporters.length];
    const now = Date.now();
    for (let slot = 0; slot < count; slot++) {
      const at = slot * BYTES;
      stamp(ring.view, at, now, UPTIME, (exporter.datagrams + slot) * RECORDS);
      for (let record = 0, to = at + 24; record < RECORDS; record++, to += 48) {
        const number = ++last;
        ring.view.setUint32(to, 0x0a000000 + (number & 0xffffff));
        ring.view.setUint32(to + 20, number);
        ring.view.setUint16(to + 32, number & 0xffff);
      }
    }
    exporter.datagrams += ring.send(exporter.fd, count);
  };
  const step = () => {
    const now = performance.now();
    // A sender that was kept waiting does not make up for more than a tenth of a second.
    due = Math.min(due + ((now - before) * rate) / RECORDS / 1000, rate / RECORDS / 10);
    before = now;
    while (due >= 1) {
      const count = Math.min(BURST, Math.floor(due));
      burst(count);
      due -= count;
    }
  };
  process.on('message', (message: ToSender) => {
    clearInterval(timer);
    if (message.type === 'go') {
      rate = message.rate;
      before = performance.now();
      timer = setInterval(step, 2);
      return;
    }
    const datagrams = Object.fromEntries(exporters.map((exporter) => [exporter.address, exporter.datagrams]));
    process.send?.({ datagrams, last } satisfies Sent);
  });
  process.on('disconnect', () => process.exit(0));
}

if (process.send !== undefined) main(Number(process.argv[2]), Number(process.argv[3]));
