// The frame of every scenario that attacks a whole Weir: numbered flows come in, attacks fall in phases, and after each phase new flows have to be
// stored and all of them to be accounted for. At the end nothing may be stored twice. The seed makes the attacks.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missing, type Need } from '@weir/conformance/system';
import { SiegeError } from '../errors.ts';
import { Random } from '../random.ts';
import type { Figure, Finding, Scenario, Siege } from '../scenario.ts';
import type { Allowed } from './accounts.ts';
import { doubled } from './doubles.ts';
import { Fortress } from './fortress.ts';
import type { Sent } from './sender.ts';
import { written } from './written.ts';

/** What an attack works with. */
export interface Ground {
  readonly fortress: Fortress;
  readonly random: Random;
  /** Counts what was done; the report says how often. */
  did(what: string): void;
  found(oracle: string, message: string): void;
}

export interface Assault {
  readonly name: string;
  readonly summary: string;
  /** Settings of Weir, and its environment. */
  readonly settings?: Readonly<Record<string, unknown>>;
  env?(folder: string): Readonly<Record<string, string>>;
  /** Whether flows go to the files of a sink too, which has to have all of them once. */
  readonly archive?: boolean;
  /** Flows a second: one of these in each phase. */
  readonly rates: readonly number[];
  /** Attacks after which all has to come to rest. */
  readonly phase: number;
  /** What the attacks may take away. */
  readonly allowed: Allowed;
  /** What it needs of the machine. */
  readonly needs?: readonly Need[];
  /** Prepares the folder that Weir is going to have; what it answers is done at the end, when nothing runs any more. */
  place?(folder: string): () => void;
  attack(ground: Ground): Promise<void>;
  /** After the attacks of a phase, while flows come in: undoes what does not pass by itself, and looks at what Weir says of it. */
  relief?(ground: Ground): Promise<void>;
  /** Once all is accounted for. */
  after?(ground: Ground): Promise<void>;
}

/** How long it may take until new flows are stored again, in seconds: a stall lasts for ever, a slow machine does not. */
const STALL_SECONDS = 90;

type Bounds = Pick<Siege, 'seed' | 'seconds' | 'rounds' | 'say'>;
type Found = Ground['found'];

/** `make`: for each run anew. */
export function wholeScenario(make: () => Assault): Scenario {
  const { name, summary } = make();
  return {
    name,
    summary,
    run(siege) {
      const { seed, seconds, rounds } = siege;
      const input = { seed, ...(rounds === undefined ? { seconds } : { rounds }) };
      return besiege(make(), siege, (oracle, message) => siege.found({ oracle, message, input }));
    },
    async replay(input) {
      const found: Omit<Finding, 'input'>[] = [];
      await besiege(make(), boundsOf(input), (oracle, message) => found.push({ oracle, message }));
      return found;
    },
  };
}

/** Throws SiegeError `bad_finding`. */
export function boundsOf(input: unknown): Bounds {
  const { seed, rounds, seconds } = (input ?? {}) as Record<string, unknown>;
  if (typeof seed !== 'number') throw new SiegeError('bad_finding', 'the input has no seed');
  const say = () => {};
  if (typeof rounds === 'number') return { seed, rounds, say };
  if (typeof seconds === 'number') return { seed, seconds, say };
  throw new SiegeError('bad_finding', 'the input has neither rounds nor seconds');
}

async function besiege(assault: Assault, bounds: Bounds, found: Found): Promise<Figure[]> {
  const { seconds = Number.POSITIVE_INFINITY, rounds = Number.POSITIVE_INFINITY, say } = bounds;
  const lacking = missing(...(assault.needs ?? []));
  if (lacking.length > 0) throw new SiegeError('cannot_run', `${assault.name} needs ${lacking.join(', ')}`);
  const done = new Map<string, number>();
  let findings = 0;
  const began = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'weir-siege-'));
  const end = assault.place?.(folder);
  let fortress: Fortress | undefined;
  try {
    const { settings = {}, archive = false } = assault;
    fortress = await Fortress.open({ folder, settings, archive, env: assault.env?.(folder) ?? {} });
    const ground: Ground = {
      fortress,
      random: new Random(bounds.seed),
      did: (what) => done.set(what, (done.get(what) ?? 0) + 1),
      found(oracle, message) {
        findings++;
        found(oracle, message);
      },
    };
    const over = (attacks: number) => attacks >= rounds || (performance.now() - began) / 1000 >= seconds;
    let longest = 0;
    for (let attacks = 0; !over(attacks); ) {
      const phaseEnd = attacks + assault.phase;
      fortress.traffic.go(ground.random.pick(assault.rates));
      for (; attacks < phaseEnd && !over(attacks); attacks++) await assault.attack(ground);
      const waited = await fortress.storesAgain(STALL_SECONDS);
      longest = Math.max(longest, waited);
      if (waited >= STALL_SECONDS)
        ground.found('stalls', `nothing is stored for ${STALL_SECONDS} s: ${await fortress.says()}`);
      await assault.relief?.(ground);
      const wrong = await fortress.comesToRest(assault.allowed);
      for (const message of wrong) ground.found('accounts', message);
      if (wrong.length === 0) await assault.after?.(ground);
      say(`${assault.name}: ${attacks} attacks, ${wrong.length === 0 ? 'all accounted for' : wrong.join('; ')}`);
      // What is wrong once stays wrong.
      if (findings > 0) {
        say(`the last that Weir said:\n${fortress.weir.output}`);
        break;
      }
    }
    const sent = await fortress.traffic.pause();
    const total = await fortress.total();
    await fortress.stop();
    const { rows, distinct } = doubled(fortress.weir.store, sent.last);
    if (rows !== distinct) ground.found('doubles', `${rows - distinct} flows are stored twice`);
    const files = archive ? written(fortress.archive, sent.last) : undefined;
    if (files !== undefined) {
      if (files.rows !== files.distinct)
        ground.found('doubles', `${files.rows - files.distinct} flows are in files twice`);
      if (files.distinct !== distinct) ground.found('sink', `${distinct} flows are stored, ${files.distinct} in files`);
    }
    return [
      ...[...done].sort().map(([what, count]) => figure(what, count)),
      ...flowFigures(sent, total, rows, rows - distinct),
      ...(files === undefined ? [] : [figure('flows in the files of a sink', files.rows)]),
      figure('longest until new flows were stored', longest, 's'),
      figure('time', (performance.now() - began) / 1000, 's'),
    ];
  } finally {
    await fortress?.close();
    end?.();
    rmSync(folder, { recursive: true, force: true });
  }
}

const figure = (name: string, value: number, unit = ''): Figure => ({ name, unit, value });

function flowFigures(sent: Sent, total: Readonly<Record<string, number>>, stored: number, twice: number): Figure[] {
  const of = (account: string): number => total[account] ?? 0;
  const lost = LOST.filter((account) => of(account) > 0);
  return [
    figure(
      'datagrams sent',
      Object.values(sent.datagrams).reduce((sum, datagrams) => sum + datagrams, 0),
    ),
    figure('datagrams received', of('datagrams_received')),
    figure('flows sent', sent.last),
    figure('flows received', of('flows_received')),
    figure('flows stored', of('flows_stored')),
    figure('of them lost with damaged parts of the store', of('flows_store_damaged')),
    figure('of them in the store', stored),
    ...lost.map((account) => figure(account, of(account))),
    figure(
      'flows received that are in no account',
      of('flows_received') - of('flows_stored') - lost.reduce((sum, account) => sum + of(account), 0),
    ),
    figure('flows stored twice', twice),
  ];
}

/** Accounts in which received flows end besides that of what was stored. */
const LOST = [
  'flows_spool_failed',
  'flows_lost_with_process',
  'flows_spool_cap',
  'flows_spool_corrupt',
  'flows_spool_missing',
] as const;
