// Starts the sender as a process of its own and waits for its report.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { SendReport } from './sender.ts';

const SENDER = fileURLToPath(new URL('./sender.ts', import.meta.url));

/** `rate` in flows a second, 0 for as fast as it can. Rejects when the sender fails. */
export async function runSender(port: number, rate: number, seconds: number, exporters = 8): Promise<SendReport> {
  const args = [SENDER, '127.0.0.1', String(port), String(rate), String(seconds), String(exporters)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0) throw new Error(`the sender ended with ${code}`);
  return JSON.parse(out) as SendReport;
}
