// The whole path, and peers that are installed on the same traffic after it, one at a time.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Figure } from '../figures.ts';
import { nfcapdRun, nfcapdVersion } from './nfcapd-run.ts';
import { type Run, type RunOutcome, weirRun } from './weir-run.ts';

export interface WholePathOptions {
  /** Flows a second. */
  readonly rate: number;
  readonly seconds: number;
  readonly weir: boolean;
  readonly peers: boolean;
  readonly keep: boolean;
  readonly say: (text: string) => void;
}

export async function wholePath(options: WholePathOptions): Promise<{ figures: Figure[]; runs: Run[] }> {
  const { rate, seconds, say } = options;
  const directory = mkdtempSync(join(tmpdir(), 'weir-bench-'));
  const outcomes: RunOutcome[] = [];
  try {
    if (options.weir) {
      say(`… whole path: ${rate} flows/s for ${seconds} s`);
      outcomes.push(await weirRun(directory, rate, seconds));
    }
    if (options.peers && nfcapdVersion() === undefined) say('nfcapd is not installed (Debian package nfdump): not run');
    else if (options.peers) {
      say(`… nfcapd: ${rate} flows/s for ${seconds} s`);
      outcomes.push(await nfcapdRun(directory, rate, seconds));
    }
  } finally {
    if (options.keep) say(`kept ${directory}`);
    else rmSync(directory, { recursive: true, force: true });
  }
  return { figures: outcomes.flatMap(({ figures }) => figures), runs: outcomes.map(({ run }) => run) };
}
