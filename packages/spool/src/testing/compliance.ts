// The contract of docs/specs/consumer.md as tests, which every consumer passes. The numbers are those of the rules there.
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyText } from '@weir/record';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backlogOf, enforceCap } from '../consumer/cap.ts';
import type { ConsumerHealth } from '../consumer/consumer.ts';
import { claim, waitingFor } from '../consumer/waiting.ts';
import { filesIn } from '../files.ts';
import { consumerFolders, spoolFolders } from '../layout.ts';
import type { Manifest } from '../manifest.ts';
import { A, B, TestSpool } from './flows.ts';

/** A consumer under test, over a spool and a destination of its own. */
export interface ComplianceSubject {
  /** Delivers what waits until nothing does or an attempt fails; resolves either way. */
  round(): Promise<void>;
  health(): ConsumerHealth;
  stop(): Promise<void>;
}

export interface ComplianceHarness {
  /** Name of the consumer in the spool. */
  readonly consumer: string;
  /** Whether the destination knows a file that it has by its name. */
  readonly exactlyOnce: boolean;
  /** Account of what the destination has acknowledged. */
  readonly delivered: 'flows_stored' | 'flows_sent';
  /** Makes a new destination, empty and willing. */
  reset(): Promise<void>;
  /** A process that begins: it knows of earlier ones only what lies in the spool and at the destination. */
  start(dir: string): Promise<ComplianceSubject>;
  /** From now on the destination refuses, hangs, or takes flows. */
  destination(what: 'refuses' | 'hangs' | 'takes'): void;
  /** How often each flow is at the destination, by flow id. */
  flows(): Promise<ReadonlyMap<number, number>>;
  /** What was counted of the files of this spool: flows by account and exporter, each file once. */
  counted(dir: string): Promise<ReadonlyMap<string, number>>;
}

const EACH_ONCE = (from: number, to: number): Map<number, number> =>
  new Map(Array.from({ length: to - from + 1 }, (_, index) => [from + index, 1]));

/** Declares the tests of the contract for one consumer. */
export function consumerCompliance(what: string, harness: ComplianceHarness): void {
  const { consumer, delivered } = harness;
  let dir: string;
  let spool: TestSpool;
  const running: ComplianceSubject[] = [];

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'weir-compliance-'));
    spool = new TestSpool(dir, [consumer, 'another']);
    harness.destination('takes');
    await harness.reset();
  });
  afterEach(async () => {
    harness.destination('takes');
    for (const subject of running.splice(0)) await subject.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const start = async (): Promise<ComplianceSubject> => {
    const subject = await harness.start(dir);
    running.push(subject);
    return subject;
  };
  const flowsFolder = () => consumerFolders(dir, consumer).flows;
  const pathOf = ({ name }: Manifest, ending = '.native') => join(flowsFolder(), name + ending);
  const counted = async (account: string, exporter = A) =>
    (await harness.counted(dir)).get(`${account} ${keyText(exporter)}`) ?? 0;
  const allCounted = async () => {
    const total = new Map<string, number>();
    for (const [key, rows] of await harness.counted(dir)) {
      const exporter = key.split(' ')[1];
      total.set(exporter, (total.get(exporter) ?? 0) + rows);
    }
    return total;
  };

  describe(`${what}, as a consumer of the spool`, () => {
    it('(1) delivers every flow of every file that waits, and leaves nothing behind', async () => {
      for (const rows of [5, 1, 40]) spool.file(rows);
      const subject = await start();
      await subject.round();
      expect(await harness.flows()).toEqual(EACH_ONCE(1, 46));
      expect(filesIn(flowsFolder())).toEqual([]);
    });

    it('(2, 3) keeps what waits while the destination refuses, says why, and goes on when it takes flows again', async () => {
      spool.file(3);
      spool.file(4);
      harness.destination('refuses');
      const subject = await start();
      await subject.round();
      await subject.round();
      expect(await harness.flows()).toEqual(new Map());
      expect(backlogOf(dir, consumer).files).toBe(2);
      const health = subject.health();
      expect(health.state).toBe('retrying');
      expect(health.reason).not.toBe('');
      expect(health.stats.failures).toBeGreaterThan(0);
      harness.destination('takes');
      await subject.round();
      expect(await harness.flows()).toEqual(EACH_ONCE(1, 7));
      expect(subject.health()).toMatchObject({ state: 'idle', backlog: { files: 0 } });
    });

    it('(4, 10) delivers again what a process before it had claimed, and counts it once', async () => {
      const manifest = spool.file(6);
      const keep = { native: join(dir, 'native'), json: join(dir, 'json') };
      copyFileSync(pathOf(manifest), keep.native);
      copyFileSync(pathOf(manifest, '.json'), keep.json);
      const first = await start();
      await first.round();
      // One process at a time: another would take what this one does with the file for somebody's meddling.
      await first.stop();
      // Killed after the destination had it, before it was removed.
      linkSync(keep.native, pathOf(manifest));
      linkSync(keep.json, pathOf(manifest, '.json'));
      expect(claim(dir, consumer, manifest.name)).toBeDefined();
      await (await start()).round();
      const flows = await harness.flows();
      expect([...flows.keys()].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6]);
      if (harness.exactlyOnce) expect(flows).toEqual(EACH_ONCE(1, 6));
      expect(await counted(delivered)).toBe(3);
      expect(filesIn(flowsFolder())).toEqual([]);
    });

    it('(5) leaves the bytes of a file as they are, which other consumers share', async () => {
      const manifest = spool.file(10);
      const shared = join(consumerFolders(dir, 'another').flows, manifest.name);
      const before = [readFileSync(`${shared}.native`), readFileSync(`${shared}.json`)];
      await (await start()).round();
      expect([readFileSync(`${shared}.native`), readFileSync(`${shared}.json`)]).toEqual(before);
    });

    it.each<[string, (manifest: Manifest) => void]>([
      ['cut', (manifest) => truncateSync(pathOf(manifest), manifest.bytes - 7)],
      ['longer', (manifest) => rewrite(pathOf(manifest), (bytes) => Buffer.concat([bytes, Buffer.alloc(3)]))],
      ['all zeros', (manifest) => rewrite(pathOf(manifest), (bytes) => Buffer.alloc(bytes.length))],
      ['changed in one bit', (manifest) => rewrite(pathOf(manifest), (bytes) => flip(bytes, bytes.length - 9))],
      ['with a damaged manifest', (manifest) => rewrite(pathOf(manifest, '.json'), (bytes) => flip(bytes, 40))],
      ['without a manifest', (manifest) => rmSync(pathOf(manifest, '.json'))],
      ['with the manifest of another', (manifest) => foreignManifest(manifest)],
    ])(
      '(6, 7, 9, 13) sets a file aside that is %s, counts it by exporter, and goes on with the next',
      async (_, damage) => {
        const good = spool.file(4);
        const damaged = spool.file(10);
        spool.file(2);
        unshare(good, damaged);
        damage(damaged);
        const subject = await start();
        await subject.round();
        expect(await harness.flows()).toEqual(new Map([...EACH_ONCE(1, 4), ...EACH_ONCE(15, 16)]));
        expect(waitingFor(dir, consumer)).toEqual([]);
        expect(await counted(delivered)).toBe(3);
        // All zeros tell nothing of whose flows they were, but their manifest does.
        expect([await counted('flows_spool_corrupt'), await counted('flows_spool_corrupt', B)]).toEqual([5, 5]);
        const { aside } = subject.health();
        expect(aside).toMatchObject({ count: 1, files: [{ name: damaged.name, rows: 10 }] });
        expect(aside.files[0].reason).not.toBe('');
        expect(readdirSync(consumerFolders(dir, consumer).aside)).toContain(`${damaged.name}.native`);
      },
    );

    it('(8) counts what somebody removed, once, and is not stopped by it', async () => {
      const kept = spool.file(2);
      const removed = spool.file(6);
      harness.destination('refuses');
      const subject = await start();
      await subject.round();
      for (const ending of ['.native', '.claimed', '.json']) rmSync(pathOf(removed, ending), { force: true });
      harness.destination('takes');
      await subject.round();
      await subject.round();
      expect(await harness.flows()).toEqual(EACH_ONCE(1, kept.rows));
      expect(await counted('flows_spool_missing')).toBe(3);
      rmSync(join(flowsFolder(), '..'), { recursive: true });
      await subject.round();
      spool.file(3);
      await subject.round();
      expect(await harness.flows()).toEqual(new Map([...EACH_ONCE(1, 2), ...EACH_ONCE(9, 11)]));
      expect(await allCounted()).toEqual(
        new Map([
          [keyText(A), 1 + 3 + 2],
          [keyText(B), 1 + 3 + 1],
        ]),
      );
    });

    it('(8) counts what was removed while no process watched, and what is just being handed over is not', async () => {
      const [removed, handedOver] = [spool.file(6), spool.file(2)];
      rmSync(pathOf(removed, '.native'));
      const writing = join(spoolFolders(dir).writing, `${handedOver.name}.native`);
      renameSync(pathOf(handedOver, '.native'), writing);
      const subject = await start();
      renameSync(writing, pathOf(handedOver, '.native'));
      await subject.round();
      expect(await harness.flows()).toEqual(EACH_ONCE(7, 8));
      expect(await counted('flows_spool_missing')).toBe(3);
      expect(existsSync(pathOf(removed, '.json'))).toBe(false);
    });

    it('(8) counts what waited in a directory that was replaced', async () => {
      spool.file(6);
      harness.destination('refuses');
      const subject = await start();
      await subject.round();
      renameSync(join(flowsFolder(), '..'), join(dir, 'moved'));
      harness.destination('takes');
      await subject.round();
      expect(await counted('flows_spool_missing')).toBe(3);
      expect(await harness.flows()).toEqual(new Map());
    });

    it('(11) loses no more than the cap makes it lose, and that is counted', async () => {
      const files = [spool.file(20), spool.file(20), spool.file(20)];
      harness.destination('refuses');
      const subject = await start();
      await subject.round();
      const claimed = waitingFor(dir, consumer).filter((file) => file.claimed).length;
      const dropped: string[] = [];
      enforceCap(dir, consumer, 0, (name) => dropped.push(name));
      expect(dropped).toEqual(files.slice(claimed).map(({ name }) => name));
      expect(dropped.length).toBeGreaterThan(0);
      // The other consumer has all of its own.
      expect(backlogOf(dir, 'another').files).toBe(3);
      harness.destination('takes');
      await subject.round();
      expect(await harness.flows()).toEqual(EACH_ONCE(1, claimed * 20));
    });

    it('(12) stops though the destination hangs, and delivers all of it at the next start', async () => {
      spool.file(3);
      harness.destination('hangs');
      const subject = await start();
      const round = subject.round();
      await new Promise((resolve) => setTimeout(resolve, 50));
      await subject.stop();
      await round;
      expect(subject.health().state).toBe('stopped');
      harness.destination('takes');
      await (await start()).round();
      expect(await harness.flows()).toEqual(EACH_ONCE(1, 3));
    });
  });

  /** Files share their bytes with those of the other consumer: damage is to hit only this one's. */
  function unshare(...manifests: readonly Manifest[]): void {
    for (const manifest of manifests) {
      for (const ending of ['.native', '.json']) rewrite(pathOf(manifest, ending), (bytes) => bytes);
    }
  }

  function foreignManifest(manifest: Manifest): void {
    const [first] = readdirSync(flowsFolder()).filter(
      (file) => file.endsWith('.json') && !file.includes(manifest.name),
    );
    const foreign = readFileSync(join(flowsFolder(), first));
    rmSync(pathOf(manifest, '.json'));
    writeFileSync(pathOf(manifest, '.json'), foreign);
  }
}

function rewrite(path: string, change: (bytes: Buffer) => Buffer): void {
  const bytes = change(readFileSync(path));
  rmSync(path);
  writeFileSync(path, bytes);
}

function flip(bytes: Buffer, at: number): Buffer {
  bytes[at] ^= 0x10;
  return bytes;
}
