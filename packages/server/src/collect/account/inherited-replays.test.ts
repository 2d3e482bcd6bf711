import { createSocket } from 'node:dgram';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { libcUnavailable, mapFile } from '@weir/libc';
import { closeSockets, leftInRing, openListener, openSockets, RING_BYTES } from '@weir/listen';
import { ACCOUNT, parseAddress } from '@weir/record';
import { makeConsumer, makeSpool, STORE } from '@weir/spool';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CounterMemory, counterBytes } from './counter-memory.ts';
import { Giver } from './give.ts';
import { claimFolder, type ProcessFiles, processFiles, readMemory } from './process-files.ts';
import { type Left, recoverProcess } from './recover.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'weir-inherited-'));
  makeSpool(dir);
  makeConsumer(dir, STORE);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Leaves a ring with `count` datagrams as a process does that is killed while it reads them. */
async function leaveRing(path: string, count: number): Promise<void> {
  const sockets = (await openSockets({
    binds: [{ host: '127.0.0.1', port: 0 }],
    receiveBufferBytes: 1 << 20,
    lanes: 1,
  }))!;
  const sender = createSocket('udp4');
  for (let number = 0; number < count; number++) {
    await new Promise<void>((resolve) => sender.send(`${number}`, sockets[0].port, '127.0.0.1', () => resolve()));
  }
  sender.close();
  const ring = mapFile(path, RING_BYTES);
  const listener = await openListener({
    sockets,
    receiveBufferBytes: 1 << 20,
    lane: 0,
    lanes: 1,
    reusePort: false,
    ring,
  });
  await listener.run({
    onBatch: () => {
      writeFileSync(`${path}.killed`, readFileSync(path));
      listener.stop();
    },
    onTick: () => {},
  });
  listener.close();
  closeSockets(sockets);
  ring.close();
  renameSync(`${path}.killed`, path);
}

/** A process that reads what it has taken, and is killed after some of it. */
function process(token: string, read: (memory: CounterMemory, receive: (count: number) => void) => void): ProcessFiles {
  const files = processFiles(dir, token);
  claimFolder(files);
  const memory = CounterMemory.prepare(mapFile(files.counters(0), counterBytes(2)).memory);
  const counters = memory.take(parseAddress('192.0.2.1'))!;
  read(memory, (count) => {
    for (let i = 0; i < count; i++) {
      counters[ACCOUNT.datagrams_received]++;
      counters[ACCOUNT.datagrams_malformed]++;
      memory.countReceived();
    }
  });
  return files;
}

/** Recovers a process, moving what it left into the folder of another as the collector does. */
function recover(files: ProcessFiles, heir: string): Left[] {
  const to = processFiles(dir, heir);
  claimFolder(to);
  const giver = new Giver({ dir, collector: 'test', consumers: [STORE], sync: false, log: () => {} });
  const inherited: Left[] = [];
  recoverProcess(dir, files, 'test', giver, (left) => {
    const path = to.replay(left.lane, inherited.length, left.done);
    renameSync(left.path, path);
    inherited.push({ ...left, path });
  });
  expect(existsSync(files.folder)).toBe(false);
  return inherited;
}

describe.runIf(libcUnavailable() === undefined)('datagrams that a killed process had taken', () => {
  it('go from one process to the next until they are done, each done once', async () => {
    const first = process('0-a', (memory, receive) => {
      memory.beginBatch(0);
      receive(2);
    });
    await leaveRing(first.ring(0), 7);
    const [left, ...more] = recover(first, '0-b');
    expect(more).toEqual([]);
    expect(left).toMatchObject({ lane: 0, done: 2 });
    expect(leftInRing(readMemory(left.path))?.count).toBe(7);

    // The next one is killed before it has begun, the one after it in the middle.
    const [again] = recover(processFiles(dir, '0-b'), '0-c');
    expect(again.done).toBe(2);
    const third = process('0-c', (memory, receive) => {
      memory.beginReplay(0);
      receive(3);
    });
    const [later] = recover(third, '0-d');
    expect(later.done).toBe(5);
    expect(leftInRing(readMemory(later.path))?.count).toBe(7);

    // The last one has done it, and is killed before it could remove the file.
    const last = process('0-d', (memory, receive) => {
      memory.beginReplay(0);
      receive(2);
      memory.endReplay();
    });
    expect(recover(last, '0-e')).toEqual([]);
  });

  it('are not read after another start of the machine: the memory may be older than what was counted', async () => {
    const files = process('0-a', (memory) => memory.beginBatch(0));
    await leaveRing(files.ring(0), 3);
    writeFileSync(join(files.folder, 'boot'), 'another');
    expect(recover(files, '0-b')).toEqual([]);
  });
});
