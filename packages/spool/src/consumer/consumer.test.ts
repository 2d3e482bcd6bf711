import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FIELD, FlowBatch, getNumber } from '@weir/record';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { consumerFolders } from '../layout.ts';
import { readBlock } from '../native/read.ts';
import { type ComplianceHarness, consumerCompliance } from '../testing/compliance.ts';
import { TestSpool } from '../testing/flows.ts';
import { enforceCap } from './cap.ts';
import { Consumer, type ConsumerOptions } from './consumer.ts';
import type { Delivery, Ends } from './destination.ts';
import { claim, waitingFor } from './waiting.ts';

/** A destination in memory that knows files by their names. */
class Memory implements ComplianceHarness {
  readonly consumer = 'memory';
  readonly exactlyOnce = true;
  readonly delivered = 'flows_sent';
  readonly files = new Map<string, number[]>();
  readonly ends = new Map<string, Ends>();
  #state: 'refuses' | 'hangs' | 'takes' = 'takes';

  async reset() {
    this.files.clear();
    this.ends.clear();
  }

  destination(what: 'refuses' | 'hangs' | 'takes') {
    this.#state = what;
  }

  async deliver({ name, path, manifest }: Delivery, signal: AbortSignal): Promise<Ends> {
    if (this.#state === 'hangs') {
      await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('gave up'))));
    }
    if (this.#state === 'refuses') throw new Error('not now');
    const bytes = readFileSync(path);
    const ids: number[] = [];
    for (let at = 0; at < bytes.length; ) {
      const batch = new FlowBatch(1000);
      at = readBlock(bytes, at, batch);
      for (let row = 0; row < batch.length; row++) ids.push(getNumber(batch.use(FIELD.flow_id), row));
    }
    this.files.set(name, ids);
    return [{ account: 'flows_sent', rows: manifest.exporters }];
  }

  make(dir: string, options: Partial<ConsumerOptions> = {}): Consumer {
    return new Consumer({
      dir,
      name: this.consumer,
      destination: this,
      countEnds: async ({ name }, ends) => {
        if (!this.ends.has(name)) this.ends.set(name, ends);
      },
      pollMs: 1,
      maxBackoffMs: 2,
      ...options,
    });
  }

  async start(dir: string) {
    const consumer = this.make(dir);
    return {
      round: async () => {
        consumer.start();
        await settled(consumer, dir);
      },
      health: () => consumer.health(),
      stop: () => consumer.stop(),
    };
  }

  async flows() {
    const flows = new Map<number, number>();
    for (const id of [...this.files.values()].flat()) flows.set(id, (flows.get(id) ?? 0) + 1);
    return flows;
  }

  async counted() {
    const counted = new Map<string, number>();
    for (const { account, rows } of [...this.ends.values()].flat()) {
      for (const [key, count] of rows)
        counted.set(`${account} ${key}`, (counted.get(`${account} ${key}`) ?? 0) + count);
    }
    return counted;
  }
}

/** Until nothing waits, two more attempts have failed, or it has stopped. */
async function settled(consumer: Consumer, dir: string): Promise<void> {
  const failures = consumer.stats.failures;
  let quiet = 0;
  while (quiet < 3 && consumer.stats.failures < failures + 2 && consumer.state.state !== 'stopped') {
    await new Promise((resolve) => setTimeout(resolve, 3));
    quiet = consumer.state.state === 'idle' && waitingFor(dir, 'memory').length === 0 ? quiet + 1 : 0;
  }
}

consumerCompliance('a destination in memory', new Memory());

describe('Consumer', () => {
  let dir: string;
  let spool: TestSpool;
  let memory: Memory;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'weir-consumer-'));
    memory = new Memory();
    spool = new TestSpool(dir, ['memory']);
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('says once per reason that its destination does not take flows, and once that it does again', async () => {
    const lines: string[] = [];
    const consumer = memory.make(dir, {
      called: 'the broker',
      log: (level, message, details) => lines.push(`${level} ${message} ${details?.reason ?? ''}`.trim()),
    });
    spool.file(1);
    memory.destination('refuses');
    consumer.start();
    while (consumer.stats.failures < 3) await new Promise((resolve) => setTimeout(resolve, 2));
    memory.destination('takes');
    while (consumer.stats.files < 1) await new Promise((resolve) => setTimeout(resolve, 2));
    await consumer.stop();
    expect(lines).toEqual(['error the broker does not take flows not now', 'info the broker takes flows again']);
  });

  it('does not take it for a failure that a delivery gives up when it is stopped', async () => {
    const lines: string[] = [];
    const consumer = memory.make(dir, { log: (level, message) => lines.push(`${level} ${message}`) });
    spool.file(1);
    memory.destination('hangs');
    consumer.start();
    while (consumer.state.state !== 'delivering') await new Promise((resolve) => setTimeout(resolve, 2));
    await consumer.stop();
    expect([lines, consumer.stats.failures, consumer.state]).toEqual([[], 0, { state: 'stopped' }]);
  });

  it('takes in rows before flows, and again after every sixteenth file', async () => {
    const order: string[] = [];
    for (let file = 0; file < 20; file++) spool.file(1);
    const consumer = memory.make(dir, {
      rows: async () => {
        order.push('rows');
        return 0;
      },
      destination: {
        deliver: async (delivery, signal) => {
          order.push('flows');
          return memory.deliver(delivery, signal);
        },
      },
    });
    expect(await consumer.round()).toBe(20);
    expect(order.map((what, index) => (what === 'rows' ? index : -1)).filter((index) => index >= 0)).toEqual([0, 17]);
  });

  it('tells its destination which deliveries may have been there before', async () => {
    const [first, second] = [spool.file(1), spool.file(1)];
    claim(dir, 'memory', first.name);
    const again: (readonly [string, boolean])[] = [];
    const consumer = memory.make(dir, {
      destination: {
        deliver: async (delivery, signal) => {
          again.push([delivery.name, delivery.again]);
          return memory.deliver(delivery, signal);
        },
      },
    });
    await consumer.round();
    expect(again).toEqual([
      [first.name, true],
      [second.name, false],
    ]);
  });

  it('counts what the cap dropped before it removes it, also after a kill between the two', () => {
    const { name } = spool.file(4);
    const killed = () => {
      throw new Error('killed');
    };
    expect(() => enforceCap(dir, 'memory', 0, killed)).toThrow('killed');
    const counted: string[] = [];
    expect(enforceCap(dir, 'memory', 1e9, (dropped) => counted.push(dropped))).toBe(4);
    expect(counted).toEqual([name]);
    expect(enforceCap(dir, 'memory', 1e9, (dropped) => counted.push(dropped))).toBe(0);
  });

  it('takes no file for missing that the cap dropped', async () => {
    spool.file(4);
    memory.destination('refuses');
    const consumer = memory.make(dir);
    await consumer.round().catch(() => {});
    await memory.reset();
    spool.file(4);
    await consumer.round().catch(() => {});
    let looked: Promise<number> | undefined;
    enforceCap(dir, 'memory', 0, () => {
      looked = consumer.round();
    });
    await looked?.catch(() => {});
    await consumer.round().catch(() => {});
    expect([...memory.ends.values()].flat().map(({ account }) => account)).not.toContain('flows_spool_missing');
  });

  it('takes no file for missing that the cap dropped between two looks, and tells of one that somebody removed', async () => {
    const [dropped, removed] = [spool.file(4), spool.file(2)];
    memory.destination('refuses');
    const consumer = memory.make(dir);
    await consumer.round().catch(() => {});
    // Given back, as a process that ends leaves it to the next: what is claimed is not dropped.
    const folder = consumerFolders(dir, 'memory').flows;
    renameSync(join(folder, `${dropped.name}.claimed`), join(folder, `${dropped.name}.native`));
    const { size } = statSync(join(folder, `${removed.name}.claimed`));
    expect(enforceCap(dir, 'memory', size, () => {})).toBe(4);
    await consumer.round().catch(() => {});
    expect(memory.ends.size).toBe(0);
    expect(consumer.health().missing).toBeUndefined();
    expect(readdirSync(folder).filter((file) => file.startsWith(dropped.name))).toEqual([]);
    rmSync(join(folder, `${removed.name}.claimed`));
    await consumer.round().catch(() => {});
    expect(consumer.health()).toMatchObject({
      missing: { name: removed.name },
      stats: { missingFiles: 1, missingRows: 2 },
    });
  });

  it('keeps what tells of dropped files from piling up where nobody looks', () => {
    const folder = consumerFolders(dir, 'memory').flows;
    for (let file = 0; file < 1005; file++) writeFileSync(join(folder, `${10_000 + file}.counted`), '{}');
    spool.file(1);
    expect(enforceCap(dir, 'memory', 0, () => {})).toBe(1);
    const left = readdirSync(folder).filter((file) => file.endsWith('.counted'));
    expect([left.length, left.sort()[0]]).toEqual([1000, '10005.counted']);
    memory.make(dir);
    expect(readdirSync(folder).filter((file) => file.endsWith('.counted'))).toEqual([]);
  });
});
