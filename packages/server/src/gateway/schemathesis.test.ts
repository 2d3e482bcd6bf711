// The API held to its own OpenAPI document by a program that knows nothing else of it: every operation with what the document allows and
// with what it does not, through the gateway, on a real store.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { needs, programPath } from '@weir/conformance';
import { cleanDemo } from '@weir/store';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildApi } from '../http/index.ts';
import { collectorStatus, healthReport, storeFacts } from '../http/testdata/deps.ts';
import { SAMPLE_END, sampleFlows } from '../http/testdata/sample.ts';
import { type SeededStore, seededStore } from '../http/testdata/seeded-store.ts';
import { type Served, serveUpstream } from './testdata/served.ts';

const CONFIG = fileURLToPath(new URL('./testdata/schemathesis.toml', import.meta.url));
/** Requests made up for each operation, besides those that stand for each rule of the document. */
const EXAMPLES = 25;
/** A stream without an end: its tests are in tail.test.ts. */
const TAIL = '/api/v1/flows/tail';

describe.runIf(needs('schemathesis'))('the API', () => {
  let dir: string;
  let seeded: SeededStore;
  let app: ReturnType<typeof buildApi>;
  let served: Served;
  const errors: string[] = [];

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'weir-schemathesis-'));
    const flows = sampleFlows(500);
    seeded = await seededStore(flows, SAMPLE_END - 600_000);
    app = buildApi({
      version: '0.0.0-test',
      started: SAMPLE_END - 60_000,
      demo: false,
      store: seeded.store,
      storeFacts: () => storeFacts({ rows: flows.length }),
      rolledUpUntil: () => ({ '1m': SAMPLE_END - 600_000 }),
      health: async () => healthReport(),
      collectors: () => [collectorStatus({ time: SAMPLE_END })],
      gatewayWarnings: () => [],
      cleanDemo: () => cleanDemo(seeded.store),
      now: () => SAMPLE_END,
      onError: (error, url) => errors.push(`${url}: ${error}`),
    });
    const path = join(dir, 'http.sock');
    await app.listen({ path });
    served = await serveUpstream(path);
  });
  afterAll(async () => {
    await served.close();
    await app.close();
    await seeded.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it('answers as its OpenAPI document says, whatever it is asked', async () => {
    const args = [
      ...['--config-file', CONFIG, 'run', `${served.url}/api/openapi.json`, '--checks', 'all'],
      ...['--exclude-path', TAIL, '--max-examples', String(EXAMPLES), '--seed', '1', '--no-shrink'],
      ...['--request-timeout', '60', '--continue-on-failure', '--workers', '1'],
    ];
    const env = { ...process.env, NO_COLOR: '1', COLUMNS: '150', SCHEMATHESIS_HOOKS: '' };
    const run = spawn(programPath('schemathesis') ?? '', args, { cwd: dir, env, stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = new Promise((resolve) => run.once('exit', resolve));
    const output = await text(run.stdout);
    // Lines with the longest of parameters in them tell nobody anything.
    const report = output.replace(/^(.{600}).*$/gm, '$1 …');
    expect([await ended, errors], report).toEqual([0, []]);
    expect(report).toMatch(/Tested:\s+11\b/);
    expect(report).toContain('No issues found');
  }, 600_000);
});
