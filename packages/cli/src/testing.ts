// For tests: runs a command line in this process and catches what it prints.
import { Writable } from 'node:stream';
import { run } from './program.ts';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function runWeir(
  args: readonly string[],
  signal = new AbortController().signal,
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const stdout = new Catcher();
  const stderr = new Catcher();
  const code = await run(args, { stdout, stderr, env, signal });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

class Catcher extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
