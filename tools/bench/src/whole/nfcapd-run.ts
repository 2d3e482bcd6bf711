// nfcapd (nfdump) on the same traffic: it decodes and appends to a file, without names, queries or a store.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { figure } from '../figures.ts';
import { runSender } from '../load/run-sender.ts';
import { bytesBelow, freeUdpPort } from './directory.ts';
import { Watch } from './processes.ts';
import { until } from './weir.ts';
import type { RunOutcome } from './weir-run.ts';

/** The buffer that Weir asks for too. */
const BUFFER = 128 << 20;

/** Version line of nfcapd, undefined when it is not installed. */
export function nfcapdVersion(): string | undefined {
  try {
    return execFileSync('nfcapd', ['-V'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}

/** Flow records in all files of a directory, by nfdump's own statistics (`Flows: N`). */
function flowsIn(directory: string): number {
  let flows = 0;
  for (const file of readdirSync(directory).filter((name) => name.startsWith('nfcapd.'))) {
    const text = execFileSync('nfdump', ['-I', '-r', join(directory, file)], { encoding: 'utf8' });
    flows += Number(/^Flows: (\d+)/m.exec(text)?.[1] ?? 0);
  }
  return flows;
}

export async function nfcapdRun(directory: string, rate: number, seconds: number): Promise<RunOutcome> {
  const out = join(directory, 'nfcapd');
  mkdirSync(out);
  const port = await freeUdpPort();
  const args = ['-w', out, '-p', String(port), '-b', '127.0.0.1', '-B', String(BUFFER), '-t', '3600'];
  const child = spawn('nfcapd', args, { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  try {
    await until('nfcapd writes', 10_000, async () => (readdirSync(out).length > 0 ? true : undefined));
    const watch = new Watch(child.pid ?? 0);
    const sent = await runSender(port, rate, seconds);
    // It reads what its socket holds within moments; there is no way to ask.
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    watch.stop();
    child.kill('SIGTERM');
    await ended;
    const flows = flowsIn(out);
    const disk = bytesBelow(out);
    return {
      figures: [
        figure('nfcapd: sent but not in its files', 'flows', [sent.flows - flows]),
        figure('nfcapd: CPU', 'cores', [watch.cpuSeconds() / sent.seconds]),
        figure('nfcapd: CPU of the sender', 'cores', [sent.cpuSeconds / sent.seconds]),
        figure('nfcapd: disk', 'bytes a flow', [disk / Math.max(1, flows)]),
      ],
      run: {
        tool: nfcapdVersion() ?? 'nfcapd',
        rate,
        seconds: sent.seconds,
        flowsSent: sent.flows,
        flowsWritten: flows,
        cpuSeconds: watch.cpuSeconds(),
        cpuSecondsSender: sent.cpuSeconds,
        peakResidentBytes: watch.peakResident,
        diskBytes: disk,
      },
    };
  } finally {
    child.kill('SIGKILL');
  }
}
