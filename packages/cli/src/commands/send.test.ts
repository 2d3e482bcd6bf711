import { createSocket, type Socket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAddress } from '@weir/record';
import { writeDatagrams } from '@weir/wire/pcap';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runWeir } from '../testing.ts';

let folder: string;
let capture: string;
let socket: Socket;
let to: string;
let got: string[];
/** Resolves when so many datagrams have come. */
let arrived: (count: number) => Promise<void>;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-send-'));
  capture = join(folder, 'three.pcap');
  const datagrams = ['one', 'two', 'three'].map((text, index) => ({
    src: parseAddress('192.0.2.1'),
    dst: parseAddress('192.0.2.2'),
    srcPort: 1,
    dstPort: 2,
    time: 1_777_636_800_000 + index,
    payload: new Uint8Array(Buffer.from(text)),
  }));
  writeFileSync(capture, writeDatagrams(datagrams));
});
afterAll(() => rmSync(folder, { recursive: true }));

beforeEach(async () => {
  got = [];
  socket = createSocket('udp4', (message) => void got.push(message.toString()));
  arrived = (count) =>
    new Promise((resolve) => {
      const check = () => {
        if (got.length < count) return;
        socket.off('message', check);
        resolve();
      };
      socket.on('message', check);
      check();
    });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  to = `127.0.0.1:${socket.address().port}`;
});
afterEach(() => new Promise<void>((resolve) => socket.close(() => resolve())));

describe('weir send', () => {
  it.each([['--rate', '0'], ['--rate', '1000'], []])(
    'sends every datagram of the capture, in order (%s %s)',
    async (...options) => {
      const { code, stderr } = await runWeir(['send', capture, '--to', to, ...options]);
      await arrived(3);
      expect(got).toEqual(['one', 'two', 'three']);
      expect(stderr).toMatch(/^sent 3 datagrams, 11 bytes, in \d+\.\d s\n$/);
      expect(code).toBe(0);
    },
  );

  it('starts again at the end with --loop, until it is interrupted', async () => {
    const interrupt = new AbortController();
    const sending = runWeir(['send', capture, '--to', to, '--rate', '500', '--loop'], interrupt.signal);
    await arrived(7);
    interrupt.abort();
    expect((await sending).code).toBe(0);
    expect(got.slice(0, 7)).toEqual(['one', 'two', 'three', 'one', 'two', 'three', 'one']);
  });

  it('exits with 2 for a wrong target, rate or file, and with 3 for what is no capture', async () => {
    expect(await runWeir(['send', capture, '--to', 'nowhere'])).toMatchObject({ code: 2 });
    expect(await runWeir(['send', capture, '--to', to, '--rate', 'fast'])).toMatchObject({ code: 2 });
    expect(await runWeir(['send', capture])).toMatchObject({ code: 2 });
    expect(await runWeir(['send', join(folder, 'absent'), '--to', to])).toMatchObject({ code: 2 });
    const text = join(folder, 'text');
    writeFileSync(text, 'no capture');
    expect(await runWeir(['send', text, '--to', to])).toMatchObject({ code: 3 });
  });
});
