// Commands of weir beside the one that serves, as people give them.
import { Writable } from 'node:stream';
import { run as runWeir } from '@weir/cli';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command of weir, in this process. */
export async function command(args: readonly string[]): Promise<Ran> {
  const caught = { stdout: '', stderr: '' };
  const into = (name: keyof typeof caught) =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        caught[name] += chunk.toString();
        done();
      },
    });
  const code = await runWeir(args, {
    stdout: into('stdout'),
    stderr: into('stderr'),
    env: {},
    signal: new AbortController().signal,
  });
  return { code, ...caught };
}
