// What to begin with: recordings of real exporters where they lie beside the repository, and sessions of our own encoders.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { REPOSITORY } from '@weir/conformance';
import { readRecordings } from '@weir/conformance/captures';
import { Random } from '../random.ts';
import { generateSession } from './generate.ts';
import { type Session, sessionOf } from './session.ts';

/** Of the grammar; the fuzzer makes more. */
const GENERATED = 60;

export function seedSessions(): Session[] {
  const random = new Random(1);
  const generated = Array.from({ length: GENERATED }, () => generateSession(random));
  return [...generated, ...recorded()];
}

function recorded(): Session[] {
  const folder = join(dirname(REPOSITORY), 'shared', 'captures');
  if (!existsSync(folder)) return [];
  return readRecordings(folder).map(({ messages }, index) =>
    sessionOf(
      messages.map(({ data }) => data),
      index % 2,
    ),
  );
}
