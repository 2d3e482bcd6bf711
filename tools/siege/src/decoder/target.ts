// The decoder of all protocols as a target: sessions are read twice, under different circumstances that may make no difference.
//
// One reading appends to a batch that has been used for long; the other gives each datagram a batch of its own, has other bytes around it,
// and, if the session says so, another decoder at work in between. Rows, counters, texts and kept state have to be the same.
import { ACCOUNT_NAMES, FlowBatch } from '@weir/record';
import type { Failure, Target, Verdict } from '../fuzz/target.ts';
import { differingField, filledField } from './compare-rows.ts';
import { generateSession, START } from './generate.ts';
import { capProblem, keptState, textProblem } from './kept-state.ts';
import { mutateSession } from './mutate.ts';
import { Reader } from './reader.ts';
import { isEncodable, lostField } from './round-trip.ts';
import { seedSessions } from './seeds.ts';
import { MAX_DATAGRAM_BYTES, type Session, sessionFromJSON, sessionToJSON } from './session.ts';
import { shrinkSession } from './shrink.ts';

const POISON = [0x00, 0xff];
/** Lives as long as the process, as a lane's does. */
const longUsed = new FlowBatch(MAX_DATAGRAM_BYTES + 4096);

export function makeTarget(): Target<Session> {
  return {
    sources: ['/packages/wire/src/', '/packages/record/src/'],
    // Five times what any of millions of inputs took (docs/reliability.md): a template costs most, by its fields.
    steps: { input: 20_000, message: 30_000, byte: 60 },
    seeds: seedSessions,
    generate: generateSession,
    mutate: mutateSession,
    run: runSession,
    shrink: shrinkSession,
    toJSON: sessionToJSON,
    fromJSON: sessionFromJSON,
  };
}

class Failed extends Error {
  readonly oracle: string;

  constructor(oracle: string, message: string) {
    super(message);
    this.oracle = oracle;
  }
}

function runSession(session: Session): Verdict {
  const failures: Failure[] = [];
  const features = new Set<string>();
  const counts = { datagrams: 0, flows: 0 };
  const passes = session.disturbed ? 3 : 2;
  const bytes = session.datagrams.reduce((sum, { data }) => sum + data.length, 0) * passes;
  try {
    readTwice(session, features, counts);
  } catch (error) {
    failures.push(failureOf(error));
  }
  return { failures, messages: session.datagrams.length * passes, bytes, features: [...features], counts };
}

function failureOf(error: unknown): Failure {
  if (error instanceof Failed) return { oracle: error.oracle, message: error.message };
  if (!(error instanceof Error)) return { oracle: 'throws', message: String(error) };
  // Where it was thrown tells two errors of the same words apart.
  const where = /\/((?:packages|tools)\/\S+?:\d+):\d+/.exec(error.stack ?? '')?.[1] ?? 'somewhere';
  return { oracle: 'throws', message: `${error.name}: ${error.message} at ${where}` };
}

function readTwice(
  { tight, disturbed, datagrams }: Session,
  features: Set<string>,
  counts: { datagrams: number; flows: number },
): void {
  const one = new Reader({ tight, poison: POISON[0], batch: longUsed });
  const other = new Reader({ tight, poison: POISON[1] });
  const disturber = disturbed ? new Reader({ tight, poison: POISON[1] }) : undefined;
  let time = START;
  for (const [index, datagram] of datagrams.entries()) {
    time = Math.max(1, time + datagram.wait);
    must('ledger', one.read(datagram, time));
    disturber?.read(datagrams[datagrams.length - 1 - index], time);
    must('ledger', other.read(datagram, time));
    compare(one, other, datagram.data.length);
    if (one.rows > 0 && isEncodable(one.batch, one.from)) {
      must('round-trip', lostField(one.batch, one.from, one.rows, START));
    }
    counts.datagrams++;
    counts.flows += one.rows;
  }
  must('caps', capProblem(one.decoder, tight));
  const [kept, alsoKept] = [keptState(one.decoder), keptState(other.decoder)].map((state) => JSON.stringify(state));
  if (kept !== alsoKept)
    throw new Failed('state', `what is kept differs: ${kept.slice(0, 200)} and ${alsoKept.slice(0, 200)}`);
  noteFeatures(one, features);
}

function must(oracle: string, problem: string | undefined): void {
  if (problem !== undefined) throw new Failed(oracle, problem);
}

function compare(one: Reader, other: Reader, bytes: number): void {
  const { rows } = one;
  if (rows !== other.rows) throw new Failed('same', `${rows} rows, and ${other.rows} under other circumstances`);
  const field = differingField(one.batch, one.from, other.batch, rows);
  if (field !== undefined) throw new Failed('same', `${field} differs with what lies around the datagram`);
  const [totals, others] = [one.totals, other.totals];
  const account = ACCOUNT_NAMES.find((_, index) => totals[index] !== others[index]);
  if (account !== undefined) throw new Failed('same', `${account} differs with what lies around the datagram`);
  const [texts, otherTexts] = [one.decoder.strings.drain(), other.decoder.strings.drain()];
  must('caps', textProblem(texts, bytes));
  if (JSON.stringify(texts) !== JSON.stringify(otherTexts)) throw new Failed('same', 'texts differ');
  must('garbage', behind(one, bytes) ?? behind(other, bytes));
}

/** A new row is all zeros: the decoder may have written nothing behind its last one. */
function behind({ batch }: Reader, bytes: number): string | undefined {
  const field = filledField(batch, batch.length, Math.min(bytes, batch.room));
  return field === undefined ? undefined : `${field} is not zero behind the last row`;
}

/** Accounts that were counted and columns that were filled: what blocks of code alone do not tell apart. */
function noteFeatures(reader: Reader, features: Set<string>): void {
  for (const [account, total] of reader.totals.entries())
    if (total > 0) features.add(`account ${ACCOUNT_NAMES[account]}`);
  for (const field of reader.batch.fields()) features.add(`field ${field.name}`);
  const { source, quality } = reader.batch.core;
  for (let row = reader.from; row < reader.batch.length; row++) {
    for (let bits = quality[row], bit = 0; bits !== 0; bits >>>= 1, bit++) {
      if ((bits & 1) === 1) features.add(`quality ${source[row]} ${bit}`);
    }
  }
}
