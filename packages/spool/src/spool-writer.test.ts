import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exporterKey, FIELD, FlowBatch, keyText, setNumber } from '@weir/record';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { enforceCap, spoolUsage } from './cap.ts';
import { claimFlows, oldestWaiting, removeClaim, setAside, waitingFlows } from './claim.ts';
import { prepareSpool, removeOrphanManifests } from './layout.ts';
import { type Manifest, readManifest } from './manifest.ts';
import { writeDimension, writeLedger } from './row-files.ts';
import { SpoolError } from './spool-error.ts';
import { SpoolWriter } from './spool-writer.ts';

const A = exporterKey('10.0.0.1');
const B = exporterKey('10.0.0.2');

/** A batch whose rows come from the exporters given, one row each, received one millisecond after the other. */
function batchFrom(exporters: readonly { lo: number; hi: number }[], firstReceived = 1_700_000_000_000): FlowBatch {
  const batch = new FlowBatch(64);
  for (const [row, key] of exporters.entries()) {
    batch.use(FIELD.exporter)[row * 2] = key.lo;
    batch.use(FIELD.exporter)[row * 2 + 1] = key.hi;
    setNumber(batch.use(FIELD.time_received), row, firstReceived + row);
  }
  batch.length = exporters.length;
  return batch;
}

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'weir-spool-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

const files = () => readdirSync(join(dir, 'flows')).sort();

describe('SpoolWriter', () => {
  it('shows no file to the store before it is complete', () => {
    const writer = new SpoolWriter({ dir, writer: 'lane0', maxRows: 4 });
    writer.append(batchFrom([A, A, B]));
    expect(files().map((file) => file.replace(/^.*\./, ''))).toEqual(['tmp']);
    expect(waitingFlows(dir)).toEqual([]);
    writer.append(batchFrom([A]));
    expect(waitingFlows(dir)).toHaveLength(1);
    expect(files().map((file) => file.replace(/^.*\./, ''))).toEqual(['json', 'native']);
  });

  it('counts rows by exporter and keeps the time they span', () => {
    const complete: Manifest[] = [];
    const writer = new SpoolWriter({ dir, writer: 'lane0', onComplete: (manifest) => complete.push(manifest) });
    writer.append(batchFrom([A, A, B, A], 1_700_000_000_000));
    writer.append(batchFrom([B, B], 1_699_999_999_000));
    writer.close();
    expect(complete).toHaveLength(1);
    expect(complete[0]).toMatchObject({
      rows: 6,
      exporters: [
        [keyText(A), 3],
        [keyText(B), 3],
      ],
      firstReceived: 1_699_999_999_000,
      lastReceived: 1_700_000_000_003,
    });
    const [name] = waitingFlows(dir);
    expect(readManifest(join(dir, 'flows', `${name}.json`))).toEqual(complete[0]);
    expect(complete[0].bytes).toBe(readFileSync(join(dir, 'flows', `${name}.native`)).length);
  });

  it('names in the manifest every column that any of its blocks has', () => {
    const writer = new SpoolWriter({ dir, writer: 'lane0' });
    writer.append(batchFrom([A]));
    const rich = batchFrom([A]);
    rich.use(FIELD.mpls_labels).push(0, 16);
    writer.append(rich);
    writer.close();
    const [name] = waitingFlows(dir);
    const { columns } = readManifest(join(dir, 'flows', `${name}.json`));
    expect(columns).toContainEqual({ name: 'mpls_labels', type: 'Array(UInt32)' });
    expect(columns).toContainEqual({ name: 'src_addr', type: 'IPv6' });
    expect(columns.map((column) => column.name)).not.toContain('as_path');
  });

  it('completes a file once it is old enough, counted from the first tick after it was begun', () => {
    const writer = new SpoolWriter({ dir, writer: 'lane0', maxAgeMs: 1000 });
    writer.append(batchFrom([A]));
    writer.tick(5000);
    writer.tick(5999);
    expect(waitingFlows(dir)).toEqual([]);
    writer.tick(6000);
    expect(waitingFlows(dir)).toHaveLength(1);
    writer.tick(9000);
    expect(writer.stats).toMatchObject({ files: 1, rows: 1, pendingRows: 0 });
  });

  it('never uses a name twice, and names sort by age', () => {
    const writer = new SpoolWriter({ dir, writer: 'lane0', maxRows: 1 });
    for (const time of [3000, 1000, 2000, 2000]) writer.append(batchFrom([A], time));
    expect(waitingFlows(dir)).toEqual([
      '0000000001000-lane0-00000001',
      '0000000002000-lane0-00000002',
      '0000000002000-lane0-00000003',
      '0000000003000-lane0-00000000',
    ]);
    expect(oldestWaiting(dir)).toBe(1000);
  });

  it('says what is lost when the directory is gone, and goes on when it is back', () => {
    const writer = new SpoolWriter({ dir, writer: 'lane0' });
    rmSync(join(dir, 'flows'), { recursive: true });
    let failure: unknown;
    try {
      writer.append(batchFrom([A, B, A]));
    } catch (error) {
      failure = error;
    }
    expect(failure).toBeInstanceOf(SpoolError);
    expect(failure).toMatchObject({
      code: 'missing',
      lost: [
        [keyText(A), 2],
        [keyText(B), 1],
      ],
    });
    prepareSpool(dir);
    writer.append(batchFrom([B]));
    writer.close();
    expect(writer.stats).toMatchObject({ rows: 1, failures: 1 });
  });

  it('keeps the rows of a full file that cannot be completed and completes it at a later tick', () => {
    const writer = new SpoolWriter({ dir, writer: 'lane0', maxRows: 2 });
    // A directory in the place of the manifest: writing that fails while the data file is fine.
    const manifest = join(dir, 'flows', '1700000000000-lane0-00000000.json');
    mkdirSync(manifest);
    writer.append(batchFrom([A, A]));
    expect(waitingFlows(dir)).toEqual([]);
    expect(() => writer.tick(1)).toThrow(SpoolError);
    rmSync(manifest, { recursive: true });
    writer.tick(2);
    expect(waitingFlows(dir)).toHaveLength(1);
    expect(writer.stats.rows).toBe(2);
  });
});

describe('claims', () => {
  function complete(times: readonly number[], rows = 1): string[] {
    const writer = new SpoolWriter({ dir, writer: 'lane0', maxRows: 1 });
    for (const time of times) writer.append(batchFrom(new Array(rows).fill(A), time));
    return waitingFlows(dir);
  }

  it('are ready again after a restart', () => {
    const [name] = complete([1000]);
    const claim = claimFlows(dir, name);
    expect(files()).toEqual([`${name}.json`, `${name}.loading`]);
    expect(waitingFlows(dir)).toEqual([name]);
    expect(claimFlows(dir, name)).toEqual(claim);
  });

  it('leave nothing behind once the store has the rows', () => {
    const [name] = complete([1000]);
    const claim = claimFlows(dir, name)!;
    removeClaim(claim);
    expect(files()).toEqual([]);
    expect(claimFlows(dir, name)).toBeUndefined();
  });

  it('are set aside with their manifest when the file cannot be read', () => {
    const [name] = complete([1000]);
    setAside(dir, claimFlows(dir, name)!);
    expect(files()).toEqual([]);
    expect(readdirSync(join(dir, 'corrupt')).sort()).toEqual([`${name}.json`, `${name}.native`]);
  });

  it('of a store killed between removing data and manifest are cleaned up, others stay', () => {
    const [first, second] = complete([1000, 2000]);
    rmSync(join(dir, 'flows', `${first}.native`));
    removeOrphanManifests(dir);
    expect(files()).toEqual([`${second}.json`, `${second}.native`]);
  });

  it('are never dropped by the cap; the oldest unclaimed files are, and are counted', () => {
    const names = complete([1000, 2000, 3000, 4000]);
    const { files: count, bytes, oldest } = spoolUsage(dir);
    expect([count, oldest]).toEqual([4, 1000]);
    claimFlows(dir, names[0]);
    const dropped = enforceCap(dir, bytes / 2);
    expect(dropped.map((manifest) => manifest.exporters)).toEqual([[[keyText(A), 1]], [[keyText(A), 1]]]);
    expect(waitingFlows(dir)).toEqual([names[0], names[3]]);
    expect(enforceCap(dir, bytes)).toEqual([]);
  });
});

describe('prepareSpool', () => {
  it('removes what a killed collector left half written', () => {
    const writer = new SpoolWriter({ dir, writer: 'lane0' });
    writer.append(batchFrom([A]));
    expect(prepareSpool(dir)).toEqual([join('flows', '1700000000000-lane0-00000000.tmp')]);
    expect(files()).toEqual([]);
  });
});

describe('rows of dimensions and of the ledger', () => {
  it('are lines of JSON with times in ClickHouse form', () => {
    writeDimension(dir, 'lane0', 'strings', []);
    prepareSpool(dir);
    writeDimension(dir, 'lane0', 'exporters', [
      {
        key: '18446744073709551615',
        address: '10.0.0.1',
        name: '',
        node: '',
        group: '',
        site: '',
        protocols: ['ipfix'],
        first_seen: 0,
        last_seen: 1_700_000_000_123,
        demo: 1,
        version: '1',
      },
    ]);
    writeLedger(dir, 'lane0', [{ time: 0, collector: 'c', exporter: '1', account: 'flows_received', count: 5 }]);
    const read = (folder: string) => {
      const [file] = readdirSync(join(dir, folder));
      return JSON.parse(readFileSync(join(dir, folder, file), 'utf8'));
    };
    expect(read('dimensions/exporters')).toMatchObject({
      key: '18446744073709551615',
      first_seen: '1970-01-01 00:00:00.000',
      last_seen: '2023-11-14 22:13:20.123',
    });
    expect(read('ledger')).toEqual({
      time: '1970-01-01 00:00:00.000',
      collector: 'c',
      exporter: '1',
      account: 'flows_received',
      count: 5,
    });
  });
});
