// The contract of docs/specs/consumer.md, kept by files on a real disk.
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { backlogOf } from '@weir/spool';
import { type ComplianceHarness, consumerCompliance } from '@weir/spool/compliance';
import { Names } from '../names/names.ts';
import { SinkSettings } from '../registry.ts';
import { SinkRunner } from '../sink-runner.ts';
import { countedFor, flowsIn, idCounts } from '../testing/written.ts';

const SINK = 'archive';

class Files implements ComplianceHarness {
  readonly consumer = SINK;
  readonly exactlyOnce = true;
  readonly delivered = 'flows_sent';
  #root = '';
  #state: 'refuses' | 'hangs' | 'takes' = 'takes';

  /** What is configured: a link, so that the directory can be away for a while. */
  get path(): string {
    return join(this.#root, 'flows');
  }
  get #directory(): string {
    return join(this.#root, 'directory');
  }
  get #pipe(): string {
    return join(this.#directory, `.weir-${SINK}.state`);
  }

  async reset() {
    if (this.#root !== '') rmSync(this.#root, { recursive: true });
    this.#root = mkdtempSync(join(tmpdir(), 'weir-files-'));
    mkdirSync(this.#directory);
    symlinkSync(this.#directory, this.path);
  }

  destination(what: 'refuses' | 'hangs' | 'takes') {
    if (this.#root === '' || what === this.#state) return;
    if (this.#state === 'refuses') this.#pointTo(this.#directory);
    if (this.#state === 'hangs') this.#letGo();
    this.#state = what;
    if (what === 'refuses') {
      writeFileSync(join(this.#root, 'no-directory'), '');
      this.#pointTo(join(this.#root, 'no-directory'));
    }
    // A pipe that nobody writes to: whoever opens it to read waits in the kernel.
    if (what === 'hangs') execFileSync('mkfifo', [this.#pipe]);
  }

  #pointTo(target: string): void {
    unlinkSync(this.path);
    symlinkSync(target, this.path);
  }

  #letGo(): void {
    closeSync(openSync(this.#pipe, constants.O_RDWR | constants.O_NONBLOCK));
    unlinkSync(this.#pipe);
  }

  async start(dir: string) {
    const names = await Names.open({ dir, keptIn: join(this.#root, 'names') });
    const runner = new SinkRunner({
      dir,
      settings: SinkSettings.parse({ type: 'files', name: SINK, path: this.path }),
      collector: 'test',
      names,
      log: () => {},
      pollMs: 1,
      maxBackoffMs: 2,
    });
    return {
      round: async () => {
        runner.start();
        await settled(runner, dir);
      },
      health: () => runner.health(),
      stop: async () => {
        await runner.stop();
      },
    };
  }

  async flows() {
    if (this.#state === 'refuses') return new Map<number, number>();
    return idCounts(flowsIn(this.#directory).map((flow) => flow.flow_id));
  }

  async counted(dir: string) {
    return countedFor(dir, SINK);
  }
}

/** Until nothing waits, two more attempts have failed, or it has stopped. */
async function settled(runner: SinkRunner, dir: string): Promise<void> {
  const failures = runner.health().stats.failures;
  let quiet = 0;
  while (quiet < 3) {
    await new Promise((resolve) => setTimeout(resolve, 3));
    const { state, stats } = runner.health();
    if (state === 'stopped' || stats.failures >= failures + 2) return;
    quiet = state === 'idle' && backlogOf(dir, SINK).files === 0 ? quiet + 1 : 0;
  }
}

consumerCompliance('files on a disk', new Files());
