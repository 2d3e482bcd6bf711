import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import {
  LONGEST_STOP_MS,
  OWN_STOP_MS,
  type Part,
  STOP_PATIENCE_MS,
  STORE_STOP_MS,
  type Stoppable,
  stopInOrder,
} from './stop.ts';

/** What Kubernetes allows when nobody says otherwise (terminationGracePeriodSeconds). */
const KUBERNETES_GRACE_MS = 30_000;
/** For the storing process to end the file, roll-up slice and partition at hand, and to close. */
const AT_HAND_MS = 5_000;

const sum = (bounds: Readonly<Record<string, number>>) => Object.values(bounds).reduce((total, ms) => total + ms, 0);

describe('stopping', () => {
  it('takes less than Kubernetes allows, however slow every part is', async () => {
    const asked: [Part, number][] = [];
    const slow = (name: Part): Stoppable => ({
      stop: async (patience) => {
        asked.push([name, patience]);
        return false;
      },
    });
    const said: string[] = [];
    const log = pino({ base: null, timestamp: false }, { write: (line: string) => said.push(JSON.parse(line).msg) });
    const parts = { store: slow('store'), sinks: slow('sinks'), collect: slow('collect'), demo: slow('demo') };
    await stopInOrder(parts, log);

    expect(asked.map(([name]) => name)).toEqual(['demo', 'collect', 'sinks', 'store']);
    expect(sum(Object.fromEntries(asked)) + OWN_STOP_MS).toBe(LONGEST_STOP_MS);
    expect(LONGEST_STOP_MS).toBeLessThanOrEqual(25_000);
    expect(LONGEST_STOP_MS).toBeLessThan(KUBERNETES_GRACE_MS);
    expect(said).toEqual([
      'demo did not stop within 1 s and was killed',
      'collect did not stop within 8 s and was killed; what it had not written to the spool is lost',
      'sinks did not stop within 2 s and was killed; the spool keeps what they had not sent',
      'store did not stop within 12 s and was killed; the spool keeps what it had not loaded',
    ]);
  });

  it('leaves the storing process time to close after it has waited and loaded for as long as it may', () => {
    expect(sum(STORE_STOP_MS) + AT_HAND_MS).toBeLessThanOrEqual(STOP_PATIENCE_MS.store);
  });

  it('is quick and quiet where everything goes by itself, and no demo runs', async () => {
    const said: string[] = [];
    const quick: Stoppable = { stop: async () => true };
    await stopInOrder({ store: quick, collect: quick }, pino({}, { write: (line: string) => said.push(line) }));
    expect(said).toEqual([]);
  });
});
