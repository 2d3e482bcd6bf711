// `weir serve`, killed in parts and as a whole: what a spool file had is stored, once, and what is not stored is in an account.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LedgerAnswer } from '@weir/query';
import { FlowBatch, getNumber } from '@weir/record';
import { blockRows, consumerFolders, filesIn, readBlock, SpoolError, STORE, spoolFolders } from '@weir/spool';
import { openStore, type Store } from '@weir/store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FLOWS_PER_DATAGRAM, Load } from './load.ts';
import { freeTcpPort, freeUdpPort } from './ports.ts';
import { Weir, type WeirOptions } from './weir.ts';

type Victim = 'everything' | 'store' | 'collect';

/** Twenty kills; the order and the moments come from the seed. */
const KILLS: readonly Victim[] = [
  ...Array<Victim>(7).fill('everything'),
  ...Array<Victim>(7).fill('store'),
  ...Array<Victim>(6).fill('collect'),
];
const SEED = 20_261_120;
/** Milliseconds of load before a kill. */
const [SHORTEST, LONGEST] = [400, 1_800];

interface Round {
  readonly victim: Victim;
  /** First flow that was sent in the round. */
  readonly first: number;
  /** Every flow up to this one must be stored: it was in a spool file, or the collecting process outlived the kill. */
  readonly promised: number;
  /** Last flow that was sent in the round. */
  readonly last: number;
}

describe('weir serve, killed twenty times at random moments under load', () => {
  const folder = mkdtempSync(join(tmpdir(), 'weir-crash-'));
  const rounds: Round[] = [];
  let ledger: LedgerAnswer;
  let store: Store;

  beforeAll(async () => {
    const [udpPort, httpPort] = [await freeUdpPort(), await freeTcpPort()];
    const options: WeirOptions = {
      folder,
      udpPorts: [udpPort],
      httpPort,
      settings: { spool: { max_age: '200ms' }, store: { memory: '600MiB' } },
    };
    const load = new Load(udpPort);
    let weir = new Weir(options);
    try {
      const random = randomFrom(SEED);
      for (const victim of shuffled(KILLS, random)) {
        if (!weir.alive) weir = new Weir(options);
        await weir.reads();
        const first = load.last + 1;
        load.start();
        await sleep(SHORTEST + random() * (LONGEST - SHORTEST));
        const promised = await kill(weir, victim, load);
        rounds.push({ victim, first, promised: Math.max(promised, first - 1), last: load.last });
      }
      if (!weir.alive) weir = new Weir(options);
      await weir.ready();
      await weir.settles();
      ledger = await weir.balanced();
    } finally {
      await load.close();
      await weir.stop();
    }
    store = await openStore({ path: weir.store });
  }, 400_000);

  afterAll(async () => {
    await store?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('has no flow twice', async () => {
    for (const { victim, first, last } of rounds) {
      const { rows, distinct } = await stored(store, first, last);
      expect(rows, victim).toBe(distinct);
    }
  });

  it('has every flow of spool files, and all that the collecting process received when it was not killed', async () => {
    for (const { victim, first, promised } of rounds) {
      const { distinct } = await stored(store, first, promised);
      expect(distinct, victim).toBe(promised - first + 1);
    }
    // Otherwise every kill of the collecting process came when no file waited, and nothing was shown of those.
    const waited = rounds.filter(({ victim, first, promised }) => victim !== 'store' && promised > first);
    expect(waited.length).toBeGreaterThan(0);
  });

  it('has something of nearly every round, and where it lacks something that it received, the ledger says how much', async () => {
    let empty = 0;
    let missing = 0;
    for (const { victim, first, last } of rounds) {
      const { distinct, highest } = await stored(store, first, last);
      if (distinct === 0) empty++;
      // With everything the sockets were gone, and what was sent from then on.
      missing += (victim === 'everything' ? Math.max(highest, first - 1) : last) - first + 1 - distinct;
    }
    expect(empty).toBeLessThan(KILLS.length / 2);
    const { flows_lost_with_process: flows = 0, datagrams_lost_with_process: datagrams = 0 } = ledger.total;
    expect(missing).toBeLessThanOrEqual(flows + datagrams * FLOWS_PER_DATAGRAM);
    const { rows } = await stored(store, 1, rounds.at(-1)?.last ?? 0);
    expect(ledger.total.flows_stored).toBe(rows);
    expect(ledger.total.flows_received).toBe(rows + flows);
  });
});

/** Kills, stops the load, and returns the last flow that must survive. */
async function kill(weir: Weir, victim: Victim, load: Load): Promise<number> {
  if (victim === 'everything') {
    await weir.killAll();
    const promised = lastSpooled(weir);
    await load.pause();
    return promised;
  }
  const before = await weir.successor(victim, undefined);
  process.kill(before, 'SIGKILL');
  if (victim === 'store') {
    // Collecting goes on; what comes now is stored when the store is back.
    await sleep(200);
    await load.pause();
    return load.last;
  }
  const promised = lastSpooled(weir);
  await load.pause();
  await weir.successor('collect', before);
  await weir.reads();
  return promised;
}

/** Number of the newest flow in a spool file, complete or not; 0 when there is none. */
function lastSpooled(weir: Weir): number {
  let last = 0;
  for (const folder of [spoolFolders(weir.spool).writing, consumerFolders(weir.spool, STORE).flows]) {
    for (const name of filesIn(folder)) {
      if (/\.(tmp|native|claimed)$/.test(name)) last = Math.max(last, lastIn(join(folder, name)));
    }
  }
  return last;
}

/** Number of the newest flow in the blocks of a file that are whole. */
function lastIn(path: string): number {
  let last = 0;
  try {
    const bytes = readFileSync(path);
    for (let at = 0; at < bytes.length; ) {
      const batch = new FlowBatch(blockRows(bytes, at));
      at = readBlock(bytes, at, batch);
      for (let row = 0; row < batch.length; row++) last = Math.max(last, getNumber(batch.core.bytes, row));
    }
  } catch (error) {
    // The store, where it lives, has taken the file in and removed it; and the last block of one that was being written is cut.
    const gone = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (!gone && !(error instanceof SpoolError && error.code === 'damaged')) throw error;
  }
  return last;
}

async function stored(store: Store, first: number, last: number) {
  const sql = `SELECT count() AS rows, uniqExact(bytes) AS distinct, max(bytes) AS highest
    FROM weir.flows WHERE bytes BETWEEN {first:UInt64} AND {last:UInt64}`;
  const [row] = (await store.query(sql, { first, last })).rows;
  return {
    rows: Number(row.rows),
    distinct: Number(row.distinct),
    highest: Number(row.highest),
  };
}

/** mulberry32: numbers in [0, 1) that are the same in every run. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const out = [...items];
  for (let index = out.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1));
    [out[index], out[other]] = [out[other], out[index]];
  }
  return out;
}
