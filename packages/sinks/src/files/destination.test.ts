// Files on a real disk: when they are complete and removed, what is left after failures of all kinds, and what is said of them.
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { needs } from '@weir/conformance';
import { parseFilter } from '@weir/query/language';
import { compileMatcher } from '@weir/query/matcher';
import { keyText } from '@weir/record';
import { consumerFolders, type Delivery, type Ends, type Manifest } from '@weir/spool';
import { A, B, TestSpool } from '@weir/spool/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { flowColumns } from '../flow-record.ts';
import { Names } from '../names/names.ts';
import { flowsIn, idCounts, writtenIn } from '../testing/written.ts';
import { COMPRESSION } from './compression.ts';
import { csv } from './csv.ts';
import { FilesDestination, type FilesOptions } from './destination.ts';
import { ndjson } from './ndjson.ts';

const SINK = 'web';
const NEVER = new AbortController().signal;

let root: string;
let path: string;
let spool: TestSpool;
let names: Names;
let said: string[];
const opened: FilesDestination[] = [];
const mounted: string[] = [];

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'weir-files-'));
  path = join(root, 'out', 'flows');
  spool = new TestSpool(join(root, 'spool'), [SINK]);
  names = await Names.open({ dir: spool.dir, keptIn: join(root, 'names') });
  said = [];
});
afterEach(async () => {
  for (const destination of opened.splice(0)) await destination.close();
  for (const mount of mounted.splice(0)) execFileSync('umount', [mount]);
  rmSync(root, { recursive: true, force: true });
});

function open(options: Partial<FilesOptions> = {}): FilesDestination {
  const destination = new FilesDestination({
    sink: SINK,
    path,
    encoding: ndjson(flowColumns(['flow_id', 'exporter']), false),
    compression: COMPRESSION.none,
    rotate: { size: 1e9, age: 1e9 },
    keep: {},
    names,
    log: (level, message) => said.push(`${level} ${message}`),
    tickMs: 5,
    ...options,
  });
  opened.push(destination);
  return destination;
}

const deliveryOf = (manifest: Manifest): Delivery => ({
  name: manifest.name,
  path: join(consumerFolders(spool.dir, SINK).flows, `${manifest.name}.native`),
  manifest,
  again: false,
});

const deliver = (destination: FilesDestination, manifest: Manifest, signal = NEVER): Promise<Ends> =>
  destination.deliver(deliveryOf(manifest), signal);

const visible = (pattern = /^[^.]/) =>
  readdirSync(path)
    .filter((file) => pattern.test(file))
    .sort();
const complete = () => visible(/^web-.*(?<!\.part)$/);
const parts = () => visible(/\.part$/);
const ids = () =>
  flowsIn(path)
    .map((flow) => Number(flow.flow_id))
    .sort((a, b) => a - b);
const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);
const until = async (holds: () => boolean) => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 3));
};

describe('files of a sink', () => {
  it('are written under a name that ends with .part, and get their final names when the sink is closed', async () => {
    const destination = open();
    await deliver(destination, spool.file(3));
    await deliver(destination, spool.file(2));
    expect([complete(), parts().length]).toEqual([[], 1]);
    expect(destination.status()).toMatchObject({ path, completed: 0, part: { name: parts()[0].slice(0, -5) } });
    await destination.close();
    expect(parts()).toEqual([]);
    expect(complete()).toEqual([expect.stringMatching(/^web-\d{8}T\d{6}Z-[0-9a-f]{8}-000000\.ndjson$/)]);
    expect(ids()).toEqual(upTo(5));
  });

  it('are for the owner alone, and so are directories that are made for them', async () => {
    const destination = open();
    await deliver(destination, spool.file(1));
    expect(statSync(path).mode & 0o777).toBe(0o700);
    for (const file of readdirSync(path))
      expect([file, statSync(join(path, file)).mode & 0o777]).toEqual([file, 0o600]);
  });

  it('are complete when they have the size that is configured, in the middle of a delivery too', async () => {
    const destination = open({ rotate: { size: 2_000_000, age: 1e9 } });
    await deliver(destination, spool.file(120_000));
    await deliver(destination, spool.file(10));
    const sizes = complete().map((file) => statSync(join(path, file)).size);
    expect(sizes.length).toBeGreaterThan(2);
    // A piece that is written at once is a megabyte.
    for (const size of sizes) expect([size >= 2_000_000, size < 3_200_000]).toEqual([true, true]);
    expect(idCounts(ids())).toEqual(new Map(upTo(120_010).map((id) => [id, 1])));
    for (const text of writtenIn(path)) expect(text.endsWith('}\n')).toBe(true);
  });

  it('are complete when they have the age that is configured, also when no flows come', async () => {
    const destination = open({ rotate: { size: 1e9, age: 1 } });
    await deliver(destination, spool.file(3));
    await until(() => complete().length === 1 && parts().length === 0);
    await deliver(destination, spool.file(2));
    await until(() => destination.status().completed === 2);
    expect([ids(), complete().length, parts()]).toEqual([upTo(5), 2, []]);
  });

  it('begin with the names of the columns, each CSV file once', async () => {
    const destination = open({ encoding: csv(flowColumns(['flow_id']), true), rotate: { size: 1, age: 1e9 } });
    const manifests = [spool.file(1), spool.file(1)];
    for (const manifest of manifests) await deliver(destination, manifest);
    expect(writtenIn(path)).toEqual(manifests.map(({ name }, index) => `flow_id,spool_file\n${index + 1},${name}\n`));
  });

  it.each(['gzip', 'zstd'] as const)('are whole for %s after each delivery, and as a whole', async (compression) => {
    const destination = open({ compression: COMPRESSION[compression] });
    const read = () =>
      execFileSync(compression, ['-dc', ...(compression === 'gzip' ? [] : ['-q'])], {
        input: readFileSync(join(path, visible()[0])),
      }).toString();
    await deliver(destination, spool.file(2));
    expect(read().trimEnd().split('\n')).toHaveLength(2);
    await deliver(destination, spool.file(3));
    await destination.close();
    expect(complete()).toEqual([expect.stringMatching(compression === 'gzip' ? /\.ndjson\.gz$/ : /\.ndjson\.zst$/)]);
    const lines = read().trimEnd().split('\n');
    expect(lines.map((line) => Number(JSON.parse(line).flow_id))).toEqual(upTo(5));
  });

  it('have the flows that the filter takes; the others are counted, and no file is made for none', async () => {
    const matching = (filter: string) => compileMatcher(parseFilter(filter).ast);
    const some = open({ condition: matching(`exporter = ${keyText(A)}`) });
    expect(await deliver(some, spool.file(5))).toEqual([
      { account: 'flows_sent', rows: [[keyText(A), 3]] },
      { account: 'flows_filtered', rows: [[keyText(B), 2]] },
    ]);
    await some.close();
    expect(ids()).toEqual([1, 3, 5]);
    const none = open({ condition: matching('proto = udp') });
    expect(await deliver(none, spool.file(2))).toEqual([
      {
        account: 'flows_filtered',
        rows: [
          [keyText(A), 1],
          [keyText(B), 1],
        ],
      },
    ]);
    await none.close();
    expect(complete()).toHaveLength(1);
  });

  it('are not written again for a file of the spool that was acknowledged last, also by another process', async () => {
    const destination = open();
    const manifest = spool.file(4);
    const ends = await deliver(destination, manifest);
    expect(await deliver(destination, manifest)).toEqual(ends);
    await destination.close();
    expect(await deliver(open(), manifest)).toEqual(ends);
    expect(ids()).toEqual(upTo(4));
  });

  it('go by their age on the clock of running, and the oldest by their size', async () => {
    const destination = open({ rotate: { size: 1, age: 1e9 }, keep: { size: 150 } });
    for (let files = 0; files < 6; files++) await deliver(destination, spool.file(1));
    // Each has some 50 bytes.
    await until(() => complete().length < 4);
    expect(ids()).toEqual([4, 5, 6]);
    writeFileSync(join(path, 'web-notes.txt'), 'of somebody else');
    await destination.close();
    const next = open({ keep: { age: 1 } });
    await until(() => next.status().removed === 3);
    expect(visible()).toEqual(['web-notes.txt']);
  });
});

describe('complete files', () => {
  it('that somebody moved away count for nothing: those that are left are kept', async () => {
    const destination = open({ rotate: { size: 1, age: 1e9 }, keep: { size: 250 } });
    for (let files = 0; files < 4; files++) await deliver(destination, spool.file(1));
    const [first, ...later] = complete();
    for (const file of later) renameSync(join(path, file), join(root, file));
    for (let files = 0; files < 3; files++) await deliver(destination, spool.file(1));
    await new Promise((resolve) => setTimeout(resolve, 60));
    // All seven would be some 350 bytes.
    expect([ids(), complete()[0]]).toEqual([[1, 5, 6, 7], first]);
  });
});

describe('after a kill', () => {
  const leftovers = async () => {
    const destination = open();
    await deliver(destination, spool.file(3));
    const [part] = parts();
    const copy = join(root, 'copy');
    execFileSync('cp', ['-a', path, copy]);
    await destination.close();
    // As it was before the close: a process that was killed does not close.
    rmSync(path, { recursive: true });
    renameSync(copy, path);
    return part;
  };

  it('what is behind the acknowledged bytes is cut off, and the file gets its final name', async () => {
    const part = await leftovers();
    appendFileSync(join(path, part), '{"flow_id":"99"}\n{"flow_');
    await deliver(open(), spool.file(2));
    expect(ids()).toEqual(upTo(5));
    expect([complete(), parts().length]).toEqual([[part.slice(0, -5)], 1]);
  });

  it('a file of which nothing was acknowledged is removed', async () => {
    const part = await leftovers();
    const begun = part.replace('-000000.', '-000001.');
    writeFileSync(join(path, begun), '{"flow_id":"99"}\n');
    await deliver(open(), spool.file(2));
    expect(ids()).toEqual(upTo(5));
    expect(existsSync(join(path, begun))).toBe(false);
  });

  it('so is the first file of all', async () => {
    await open().close();
    const begun = 'web-20260102T030405Z-0123abcd-000000.ndjson.part';
    writeFileSync(join(path, begun), '{"flow_id":"1"}\n');
    await deliver(open(), spool.file(2));
    expect([ids(), said]).toEqual([upTo(2), []]);
  });

  it('a file that has its final name already is left as it is', async () => {
    const part = await leftovers();
    renameSync(join(path, part), join(path, part.slice(0, -5)));
    await deliver(open(), spool.file(2));
    expect([ids(), said]).toEqual([upTo(5), []]);
  });

  it('a leftover is completed though no flows come', async () => {
    await leftovers();
    open();
    await until(() => parts().length === 0);
    expect(ids()).toEqual(upTo(3));
  });

  it('without a state nothing is lost, and it is said that flows may be there twice', async () => {
    await leftovers();
    rmSync(join(path, `.weir-${SINK}.state`));
    await deliver(open(), spool.file(2));
    expect(ids()).toEqual(upTo(5));
    expect(said).toEqual(['warn a file without a state: the flow at its end may be cut, and flows may be in it twice']);
  });
});

describe('a directory that somebody meddles with', () => {
  it('is made again when it was removed, and what comes goes into a new file', async () => {
    const destination = open();
    await deliver(destination, spool.file(3));
    rmSync(join(root, 'out'), { recursive: true });
    await deliver(destination, spool.file(2));
    expect(ids()).toEqual([4, 5]);
    expect(said).toEqual(['warn the directory of a sink was removed or replaced; what was in it is gone with it']);
  });

  it('may be replaced by another', async () => {
    const destination = open();
    await deliver(destination, spool.file(3));
    renameSync(path, join(root, 'moved'));
    mkdirSync(path);
    await deliver(destination, spool.file(2));
    expect(ids()).toEqual([4, 5]);
    expect(flowsIn(join(root, 'moved'))).toHaveLength(3);
  });

  it('may be replaced in the middle of a delivery, which is then not acknowledged', async () => {
    const plain = ndjson(flowColumns(['flow_id', 'exporter']), false);
    let rows = 0;
    const replaceOnce = () => {
      if (++rows !== 50_000) return;
      renameSync(path, join(root, 'moved'));
      mkdirSync(path);
    };
    const destination = open({
      encoding: {
        ...plain,
        over(...args) {
          const write = plain.over(...args);
          return (row, out) => {
            replaceOnce();
            write(row, out);
          };
        },
      },
    });
    const manifest = spool.file(60_000);
    await expect(deliver(destination, manifest)).rejects.toMatchObject({ code: 'removed' });
    await deliver(destination, manifest);
    expect(ids()).toEqual(upTo(60_000));
  });

  it('may lose the file that is being written, which is said once', async () => {
    const destination = open();
    await deliver(destination, spool.file(3));
    rmSync(join(path, parts()[0]));
    await expect(deliver(destination, spool.file(1))).rejects.toMatchObject({ code: 'removed' });
    await deliver(destination, spool.file(2));
    expect(ids()).toEqual([5, 6]);
    expect(said).toEqual(['warn a file with flows was removed while it was being written']);
  });

  it('may have the file that is being written cut, which keeps what is left of it', async () => {
    const destination = open();
    await deliver(destination, spool.file(3));
    const [part] = parts();
    const line = readFileSync(join(path, part), 'utf8').indexOf('\n') + 1;
    truncateSync(join(path, part), line);
    await expect(deliver(destination, spool.file(1))).rejects.toMatchObject({ code: 'removed' });
    await deliver(destination, spool.file(2));
    expect([ids(), complete()]).toEqual([[1, 5, 6], [part.slice(0, -5)]]);
    expect(said).toEqual(['warn a file with flows was cut by somebody else while it was being written']);
  });

  it('belongs to one process at a time', async () => {
    const destination = open();
    await deliver(destination, spool.file(1));
    await expect(deliver(open(), spool.file(1))).rejects.toMatchObject({
      code: 'in_use',
      message: `another Weir writes to ${path} as sink "web": give one of them another name or path`,
    });
    const other = open({ sink: 'other' });
    await deliver(other, spool.file(1));
    expect(ids()).toEqual([1, 3]);
  });

  it('that is no directory is refused, with what to do', async () => {
    mkdirSync(join(root, 'out'));
    writeFileSync(path, '');
    await expect(deliver(open(), spool.file(1))).rejects.toMatchObject({ message: expect.stringContaining(path) });
  });
});

describe.runIf(needs('netns'))('a disk', () => {
  it('that is full keeps flows waiting, takes no room for what is not acknowledged, and goes on when there is room', async () => {
    const mount = join(root, 'small');
    mkdirSync(mount);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', mount]);
    mounted.push(mount);
    path = join(mount, 'flows');
    const destination = open();
    await deliver(destination, spool.file(2000));
    const used = statSync(join(path, parts()[0])).size;
    const large = spool.file(30_000);
    await expect(deliver(destination, large)).rejects.toMatchObject({
      code: 'disk_full',
      message: expect.stringMatching(/ENOSPC.*; make room, or keep less$/),
    });
    expect(statSync(join(path, parts()[0])).size).toBe(used);
    // A smaller one fits meanwhile.
    await deliver(destination, spool.file(10));
    execFileSync('mount', ['-o', 'remount,size=8m', mount]);
    await deliver(destination, large);
    expect(idCounts(ids())).toEqual(
      new Map([...upTo(2000), ...upTo(32_010).slice(32_000), ...upTo(32_000).slice(2000)].map((id) => [id, 1])),
    );
  });

  it('that is read-only is told, and takes flows once it is not', async () => {
    const mount = join(root, 'small');
    mkdirSync(mount);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,ro', 'none', mount]);
    mounted.push(mount);
    path = join(mount, 'flows');
    const destination = open();
    const manifest = spool.file(2);
    await expect(deliver(destination, manifest)).rejects.toMatchObject({
      code: 'not_writable',
      message: expect.stringMatching(/EROFS.*; make it writable for Weir$/),
    });
    execFileSync('mount', ['-o', 'remount,rw', mount]);
    await deliver(destination, manifest);
    expect(ids()).toEqual([1, 2]);
  });
});

describe('a file system', () => {
  it('that does not answer is told, waited for and not asked a second time; then the delivery ends as it began', async () => {
    mkdirSync(path, { recursive: true });
    // A pipe that nobody writes to: whoever opens it to read waits in the kernel.
    const pipe = join(path, `.weir-${SINK}.state`);
    execFileSync('mkfifo', [pipe]);
    const destination = open({ patienceMs: 30 });
    const manifest = spool.file(3);
    for (let attempt = 0; attempt < 3; attempt++) {
      await expect(deliver(destination, manifest)).rejects.toMatchObject({
        code: 'no_answer',
        message: expect.stringContaining(`${path} has not answered`),
      });
    }
    closeSync(openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK));
    rmSync(pipe);
    await until(() => complete().length + parts().length === 1);
    expect(await deliver(destination, manifest)).toEqual([
      {
        account: 'flows_sent',
        rows: [
          [keyText(A), 2],
          [keyText(B), 1],
        ],
      },
    ]);
    expect(ids()).toEqual(upTo(3));
  });

  it('that does not answer does not keep the sink from stopping', async () => {
    mkdirSync(path, { recursive: true });
    const pipe = join(path, `.weir-${SINK}.state`);
    execFileSync('mkfifo', [pipe]);
    const destination = open();
    const stop = new AbortController();
    const delivery = deliver(destination, spool.file(3), stop.signal);
    stop.abort();
    await expect(delivery).rejects.toMatchObject({ code: 'stopped' });
    await destination.close();
    closeSync(openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK));
    // Nobody waits for it any more: it writes nothing.
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(visible()).toEqual([]);
  });
});
