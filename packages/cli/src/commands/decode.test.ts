import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FIELD, FlowBatch, parseAddress, setNumber } from '@weir/record';
import { encodeIpfix, encodeSflow, templateField } from '@weir/wire';
import { writeDatagrams } from '@weir/wire/pcap';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runWeir } from '../testing.ts';

let folder: string;
const file = (name: string, bytes: Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
};
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-decode-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** An sFlow datagram of agent 10.9.0.1 with one TCP packet, sampled one in 400. */
function sflow(): Uint8Array<ArrayBuffer> {
  const batch = new FlowBatch(1);
  batch.use(FIELD.src_addr).set(parseAddress('10.0.0.1'));
  batch.use(FIELD.dst_addr).set(parseAddress('10.0.0.2'));
  batch.use(FIELD.src_port)[0] = 40_000;
  batch.use(FIELD.dst_port)[0] = 443;
  batch.use(FIELD.proto)[0] = 6;
  batch.use(FIELD.tcp_flags)[0] = 0x12;
  batch.use(FIELD.in_if)[0] = 1;
  setNumber(batch.use(FIELD.bytes_sampled), 0, 1500);
  batch.use(FIELD.sampling_rate)[0] = 400;
  batch.length = 1;
  return encodeSflow(batch, 0, 1, { agent: parseAddress('10.9.0.1'), subAgent: 0, sequence: 1, uptime: 1 });
}

const datagram = (payload: Uint8Array<ArrayBuffer>) => ({
  src: parseAddress('192.0.2.1'),
  dst: parseAddress('192.0.2.2'),
  srcPort: 50_000,
  dstPort: 6343,
  time: Date.parse('2026-05-01T12:00:00.250Z'),
  payload,
});
const good = () => file('good.pcap', writeDatagrams([datagram(sflow())]));

const flow = {
  time_received: '2026-05-01T12:00:00.250Z',
  exporter: '10.9.0.1',
  src_addr: '10.0.0.1',
  dst_addr: '10.0.0.2',
  src_port: 40_000,
  dst_port: 443,
  proto: 6,
  bytes: 600_000,
  packets: 400,
  bytes_sampled: 1500,
  sampling_rate: 400,
};

describe('weir decode', () => {
  it('prints a flow a line as JSON, with catalogue names', async () => {
    const { code, stdout, stderr } = await runWeir(['decode', good()]);
    expect(JSON.parse(stdout)).toMatchObject(flow);
    expect(stdout.endsWith('}\n')).toBe(true);
    expect(stderr).toBe('1 flow in 1 datagram from 1 file\n');
    expect(code).toBe(0);
  });

  it('names codes on request', async () => {
    const { stdout } = await runWeir(['decode', '--names', good()]);
    expect(JSON.parse(stdout)).toMatchObject({ proto: 'tcp', source: 'sflow5', sampling_source: 'record' });
  });

  describe('with --all-elements', () => {
    const ipfix = () => {
      const template = { id: 256, fields: [8, 224, '56506/101', 224, '99999/7'].map((key) => templateField(key)) };
      const record = [new Uint8Array([10, 0, 0, 1]), 1400, 'web-0', 1500, new Uint8Array([0xca, 0xfe])];
      const plain = { id: 257, fields: [templateField(8)] };
      const { bytes } = encodeIpfix({ time: Date.now(), sysUptime: 0, sequence: 0, domain: 1 }, [
        { templates: [template, plain] },
        { template, records: [record] },
        { template: plain, records: [[new Uint8Array([10, 0, 0, 2])]] },
      ]);
      return file('ipfix.bin', bytes);
    };

    it('prints what the record says besides', async () => {
      const { stdout } = await runWeir(['decode', '--raw', '--all-elements', ipfix()]);
      const [first, second] = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(first).toMatchObject({
        src_addr: '10.0.0.1',
        elements: { ipTotalLength: [1400, 1500], sourcePodName: 'web-0', '99999/7': 'cafe' },
      });
      expect(second).toMatchObject({ src_addr: '10.0.0.2' });
      expect(second).not.toHaveProperty('elements');
    });

    it('prints it behind the columns of the table', async () => {
      const { stdout } = await runWeir(['decode', '--raw', '--all-elements', '--format', 'table', ipfix()]);
      const [head, line] = stdout.split('\n');
      expect(head.endsWith(' elements')).toBe(true);
      expect(line.endsWith(' ipTotalLength=1400 sourcePodName=web-0 ipTotalLength=1500 99999/7=cafe')).toBe(true);
    });

    it('is left out otherwise', async () => {
      const { stdout } = await runWeir(['decode', '--raw', ipfix()]);
      expect(stdout).not.toContain('elements');
    });
  });

  it('prints a table', async () => {
    const { stdout } = await runWeir(['decode', '--format', 'table', good()]);
    const [head, line, rest] = stdout.split('\n').map((text) => text.split(/ +/));
    expect(head).toEqual('time exporter source src dst proto flags packets bytes rate in>out'.split(' '));
    expect(line).toEqual([
      '2026-05-01T12:00:00.250Z',
      '10.9.0.1',
      'sflow5',
      '10.0.0.1:40000',
      '10.0.0.2:443',
      'tcp',
      'SA',
      '400',
      '600000',
      '400',
      '1>0',
    ]);
    expect(rest).toEqual(['']);
  });

  it('takes a bare payload with the address and time it is told', async () => {
    const payload = file('payload.bin', sflow());
    const { code, stdout } = await runWeir(['decode', '--raw', '--time', '2026-05-01T12:00:00.250Z', payload]);
    expect(JSON.parse(stdout)).toMatchObject(flow);
    expect(code).toBe(0);
  });

  it('counts by reason what it could not decode, and exits with 3', async () => {
    const datagrams = [sflow(), sflow().slice(0, 40), Uint8Array.of(1, 2, 3, 4, 5)].map(datagram);
    const { code, stdout, stderr } = await runWeir(['decode', file('partly.pcap', writeDatagrams(datagrams))]);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(stderr).toBe(
      [
        '1 flow in 3 datagrams from 1 file',
        '  datagrams_unknown_protocol: 1 datagram. Not NetFlow, IPFIX or sFlow',
        '  datagrams_malformed: 1 datagram. A length or count in it does not fit; flows before that point were kept',
        'weir: part of the input could not be decoded\n',
      ].join('\n'),
    );
    expect(code).toBe(3);
  });

  it('goes on with the next file after one that is no capture', async () => {
    const { code, stdout, stderr } = await runWeir(['decode', file('text', Buffer.from('hello, world')), good()]);
    expect(JSON.parse(stdout)).toMatchObject(flow);
    expect(stderr).toContain('neither pcap nor pcapng: it begins with 68656c6c (a bare payload needs --raw)');
    expect(code).toBe(3);
  });

  it('exits with 2 for a file that is not there and for a wrong option', async () => {
    expect(await runWeir(['decode', join(folder, 'absent')])).toMatchObject({
      code: 2,
      stderr: `weir: cannot read ${join(folder, 'absent')}: there is no such file\n`,
    });
    expect(await runWeir(['decode', '--format', 'xml', good()])).toMatchObject({ code: 2 });
    expect(await runWeir(['decode'])).toMatchObject({ code: 2 });
  });
});
