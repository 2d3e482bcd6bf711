// The commands by which people care for the store, run beside a Weir under attack as a person would run them.

import { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '@weir/cli';
import type { Fortress } from './fortress.ts';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A storing process that was killed needs so many seconds until it answers again. */
const PATIENCE_SECONDS = 60;

async function once(args: readonly string[]): Promise<Ran> {
  const caught = { stdout: '', stderr: '' };
  const into = (name: keyof typeof caught) =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        caught[name] += chunk.toString();
        done();
      },
    });
  const streams = { stdout: into('stdout'), stderr: into('stderr') };
  const code = await run(args, { ...streams, env: {}, signal: new AbortController().signal });
  return { code, ...caught };
}

/** `weir store NAME`; again while the storing process does not answer. */
export async function storeCommand(fortress: Fortress, name: 'check' | 'repair'): Promise<Ran> {
  const began = performance.now();
  for (;;) {
    const ran = await once(['store', name, '-c', fortress.weir.config]);
    const late = (performance.now() - began) / 1000 > PATIENCE_SECONDS;
    if (late || !/does not answer|is being started|ended/.test(ran.stderr)) return ran;
    await sleep(500);
  }
}
