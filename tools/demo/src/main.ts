// The demo's process. Started by `weir serve --demo`, which tells it over the channel where the collector listens; or by hand:
//   node tools/demo/src/main.ts [--seed N] [--rate N] HOST:PORT
import { parseArgs } from 'node:util';
import { runDemo } from './demo.ts';
import { DemoError } from './errors.ts';
import type { Speaker } from './speaker.ts';

/** What of the collector's configuration the demo needs. */
interface Listen {
  readonly host: string;
  readonly ports: readonly number[];
}

/** Ports that each protocol would be sent to; any other of the collector's does as well. */
const USUAL_PORT: Readonly<Record<Speaker['protocol'], number>> = {
  netflow5: 2056,
  netflow9: 2055,
  ipfix: 4739,
  sflow: 6343,
};

/** Addresses that mean any address: the demo sends to loopback. */
const ANY = new Set(['0.0.0.0', '::', '']);

function targetsOf({ host, ports }: Listen): Record<Speaker['protocol'], string> {
  const target = (protocol: Speaker['protocol']) => {
    const port = ports.includes(USUAL_PORT[protocol]) ? USUAL_PORT[protocol] : ports[0];
    return `${ANY.has(host) ? '127.0.0.1' : host}:${port}`;
  };
  return {
    netflow5: target('netflow5'),
    netflow9: target('netflow9'),
    ipfix: target('ipfix'),
    sflow: target('sflow'),
  };
}

const stop = new AbortController();

function run(targets: Record<Speaker['protocol'], string>, more: { seed?: number; rate?: number } = {}): void {
  runDemo({ targets, signal: stop.signal, ...more }).then(
    () => process.exit(0),
    (error: unknown) => {
      process.stderr.write(`${error instanceof DemoError ? error.message : error}\n`);
      process.exit(1);
    },
  );
}

if (process.send !== undefined) {
  process.on('message', (message: { type: string; config?: { listen: Listen } }) => {
    if (message.type === 'start' && message.config !== undefined) run(targetsOf(message.config.listen));
    else if (message.type === 'stop') stop.abort();
  });
  process.on('disconnect', () => stop.abort());
  // The supervisor gets the signals of a terminal or a service manager too, and stops its processes in their order.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
} else {
  const { values, positionals } = parseArgs({
    options: { seed: { type: 'string' }, rate: { type: 'string' } },
    allowPositionals: true,
  });
  const [target = '127.0.0.1:2055'] = positionals;
  run(
    { netflow5: target, netflow9: target, ipfix: target, sflow: target },
    {
      ...(values.seed === undefined ? {} : { seed: Number(values.seed) }),
      ...(values.rate === undefined ? {} : { rate: Number(values.rate) }),
    },
  );
  process.on('SIGINT', () => stop.abort());
  process.on('SIGTERM', () => stop.abort());
}
