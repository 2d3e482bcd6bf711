// The HTTP scenario: a storm of requests against a running Weir.
import { SiegeError } from '../errors.ts';
import type { Figure, Finding, Scenario, Siege } from '../scenario.ts';
import { Besieged } from './besieged.ts';
import { doExchange } from './exchange.ts';
import type { Exchange } from './exchanges.ts';
import { storm } from './storm.ts';

export const httpScenario: Scenario = {
  name: 'http',
  summary: 'a storm of right, bent, half and silent requests against a running Weir',
  run,
  replay,
};

async function run(siege: Siege): Promise<Figure[]> {
  const started = performance.now();
  const counts = await storm(siege);
  const figure = (name: string, value: number, unit = ''): Figure => ({ name, unit, value });
  const statuses = [...counts.byStatus].sort(([one], [other]) => one - other);
  return [
    figure('exchanges', counts.exchanges),
    figure('answers', counts.answers),
    ...statuses.map(([status, count]) => figure(`answers of status ${status}`, count)),
    figure('probes of /livez', counts.probes),
    figure('most memory of all processes', counts.memoryMB, 'MB'),
    figure('time', (performance.now() - started) / 1000, 's'),
  ];
}

async function replay(input: unknown): Promise<Omit<Finding, 'input'>[]> {
  const { kind, exchange, seed, rounds, seconds } = (input ?? {}) as Record<string, unknown>;
  const found: Omit<Finding, 'input'>[] = [];
  if (kind === 'storm') {
    const bound = typeof rounds === 'number' ? { rounds } : { seconds: Number(seconds) };
    await storm({ seed: Number(seed), ...bound, say: () => {}, found: (finding) => found.push(finding) });
    return found.map(({ oracle, message }) => ({ oracle, message }));
  }
  if (kind !== 'exchange' || !isExchange(exchange)) {
    throw new SiegeError('bad_finding', 'the input is neither an exchange nor a storm');
  }
  const besieged = await Besieged.start();
  try {
    const { problem } = await doExchange(besieged.port, exchange);
    if (problem !== undefined) found.push(problem);
    const after = besieged.problem();
    if (after !== undefined) found.push({ oracle: 'process', message: after });
    const logged = besieged.logged();
    if (logged !== undefined) found.push({ oracle: 'log', message: logged });
    return found;
  } finally {
    await besieged.stop();
  }
}

function isExchange(value: unknown): value is Exchange {
  const { pieces, methods, ending } = (value ?? {}) as Partial<Exchange>;
  return Array.isArray(pieces) && Array.isArray(methods) && typeof ending === 'string';
}
