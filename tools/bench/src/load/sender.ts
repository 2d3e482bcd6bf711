// The sender, a process of its own: NetFlow v5 from several exporters at a steady rate, every flow drawn anew, sequence numbers
// right. Prints what it sent as JSON. Run by the benches: node sender.ts HOST PORT FLOWS_PER_SECOND SECONDS [EXPORTERS]
// A rate of 0 sends as fast as it can.
import { BYTES, fill, prepare, RECORDS, stamp } from './netflow5.ts';
import { Random } from './random.ts';
import { connected, SendRing } from './send-calls.ts';

export interface SendReport {
  readonly datagrams: number;
  readonly flows: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** ms since 1970 when the last datagram had been handed to the kernel. */
  readonly lastSentAt: number;
  readonly exporters: number;
}

/** Datagrams a call. */
const BURST = 32;
const UPTIME_AT_START = 3_600_000;

const [host, port, rate, seconds, exporterCount = 8] = process.argv
  .slice(2)
  .map((text, i) => (i === 0 ? text : Number(text))) as [string, number, number, number, number?];

const ring = new SendRing(BURST, BYTES);
const exporters = Array.from({ length: exporterCount }, (_, index) => ({
  fd: connected(`127.0.0.${index + 2}`, host, port),
  sequence: 0,
}));
for (let slot = 0; slot < BURST; slot++) prepare(ring.view, slot * BYTES, 0);

const random = new Random(20_260_101);
const started = performance.now();
const total = rate === 0 ? Number.POSITIVE_INFINITY : Math.round((rate * seconds) / RECORDS);
const perMs = rate / RECORDS / 1000;
const sleeper = new Int32Array(new SharedArrayBuffer(4));
let sent = 0;
let turn = 0;

while (sent < total) {
  const elapsed = performance.now() - started;
  if (rate === 0 && elapsed >= seconds * 1000) break;
  const due = Math.min(total, rate === 0 ? sent + BURST : Math.floor(elapsed * perMs)) - sent;
  if (due < BURST && sent + due < total) {
    Atomics.wait(sleeper, 0, 0, 1);
    continue;
  }
  const count = Math.min(due, BURST);
  const exporter = exporters[turn++ % exporters.length];
  const now = Date.now();
  const uptime = UPTIME_AT_START + Math.floor(elapsed);
  for (let slot = 0; slot < count; slot++) {
    fill(ring.view, slot * BYTES, random, uptime);
    stamp(ring.view, slot * BYTES, now, uptime, exporter.sequence);
    exporter.sequence = (exporter.sequence + RECORDS) >>> 0;
  }
  sent += ring.send(exporter.fd, count);
}

const { user, system } = process.cpuUsage();
const report: SendReport = {
  datagrams: sent,
  flows: sent * RECORDS,
  seconds: (performance.now() - started) / 1000,
  cpuSeconds: (user + system) / 1e6,
  lastSentAt: Date.now(),
  exporters: exporters.length,
};
process.stdout.write(`${JSON.stringify(report)}\n`);
