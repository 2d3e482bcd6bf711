import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ACCOUNTS, type AccountName, parseAddress } from '@weir/record';
import { type CapturedDatagram, writeDatagrams } from '@weir/wire/pcap';
import { describe, expect, it } from 'vitest';
import { needs, sharedFolder } from '../needs.ts';
import { ACCEPTED, REFUSED } from './accepted.ts';
import { compareMessage } from './compare.ts';
import { type DecodedMessage, decodeMessages } from './decode.ts';
import { readLineProtocol } from './line-protocol.ts';
import { COMPARED, type ReadFlow } from './read-flow.ts';
import { readRecordings } from './recordings.ts';
import { readWithTshark } from './tshark.ts';

const folder = sharedFolder('captures');
const recordings = folder === undefined ? [] : readRecordings(folder);

/** Every message, from an address of its exporter's own so that templates do not mix. */
const messages = recordings.flatMap(({ name, messages }, index) =>
  messages.map(({ file, data }) => ({ file, data, from: `10.1.0.${index + 1}`, port: portOf(name) })),
);

function portOf(recording: string): number {
  return recording.includes('sflow') ? 6343 : 2055;
}

describe.runIf(folder !== undefined)('recorded messages of real exporters', () => {
  const decoded = decodeMessages(messages);

  it('are many, of all four protocols', () => {
    expect(recordings.length).toBeGreaterThan(30);
    expect(messages.length).toBeGreaterThan(60);
  });

  it('each end in exactly one datagram account', () => {
    for (const [index, { file }] of messages.entries()) {
      expect({ file, ends: datagramAccounts(decoded[index]) }).toEqual({
        file,
        ends: { [REFUSED[file]?.datagrams_malformed === 1 ? 'datagrams_malformed' : 'datagrams_decoded']: 1 },
      });
    }
  });

  it('are read to their end, or refused for a reason that is expected', () => {
    const refused = messages.flatMap(({ file }, index) => {
      const lost = lostAccounts(decoded[index]);
      return Object.keys(lost).length > 0 ? [[file, lost] as const] : [];
    });
    expect(Object.fromEntries(refused)).toEqual(REFUSED);
  });

  it('have the same addresses, ports, protocols and counters that telegraf reads', () => {
    for (const { name } of recordings.filter((recording) => recording.name.startsWith('telegraf/'))) {
      const expected = readLineProtocol(readFileSync(join(folder ?? '', name, 'expected.out'), 'utf8'));
      const ours = messages.flatMap(({ file }, index) => (file.startsWith(`${name}/`) ? decoded[index].flows : []));
      const refused = ACCEPTED.filter(
        ({ file, field }) => file.startsWith(`${name}/`) && REFUSED[file] && field === 'flows',
      );
      const lost = refused.reduce((sum, { count }) => sum + count, 0);
      expect({ name, flows: ours.length }).toEqual({ name, flows: expected.length - lost });
      expect({ name, flows: sorted(expected) }).toEqual({ name, flows: expect.arrayContaining(sorted(ours)) });
    }
  });

  it.runIf(needs('tshark'))('agree with tshark but for the disagreements that are listed', () => {
    const scratch = mkdtempSync(join(tmpdir(), 'weir-captures-'));
    try {
      const pcap = join(scratch, 'captures.pcap');
      writeFileSync(pcap, writeDatagrams(messages.map(asDatagram)));
      const theirs = readWithTshark(pcap);
      expect(theirs.map(({ from }) => from)).toEqual(messages.map(({ from }) => from));
      const disagreements = messages.flatMap(({ file }, index) =>
        compareMessage(file, decoded[index].flows, theirs[index].flows),
      );
      const accepted = (file: string, field: string, count: number) =>
        ACCEPTED.some((entry) => entry.file === file && entry.field === field && entry.count === count);
      const unexpected = disagreements.filter(({ file, field, count }) => !accepted(file, field, count));
      const stale = ACCEPTED.filter(
        (entry) => !disagreements.some(({ file, field }) => entry.file === file && entry.field === field),
      );
      expect({ unexpected, stale }).toEqual({ unexpected: [], stale: [] });
      // Guards against a tshark that reads nothing and so agrees with everything.
      expect(theirs.reduce((sum, { flows }) => sum + flows.length, 0)).toBeGreaterThan(300);
    } finally {
      rmSync(scratch, { recursive: true });
    }
  });

  it('include everything in the folder', () => {
    const files = readdirSync(folder ?? '', { recursive: true, encoding: 'utf8' }).filter((file) =>
      /\.(dat|bin)$/.test(file),
    );
    expect(new Set(messages.map(({ file }) => file.replace(/#\d+$/, '')))).toEqual(new Set(files));
  });
});

function asDatagram({ from, port, data }: (typeof messages)[number], second: number): CapturedDatagram {
  const [src, dst] = [parseAddress(from), parseAddress('192.0.2.1')];
  return { time: second * 1000, src, dst, srcPort: port, dstPort: port, payload: Uint8Array.from(data) };
}

function datagramAccounts({ accounts }: DecodedMessage): Partial<Record<AccountName, number>> {
  const ends = Object.entries(accounts).filter(
    ([name]) => name.startsWith('datagrams_') && name !== 'datagrams_received',
  );
  return Object.fromEntries(ends);
}

/** What was lost in reading; gaps in sequence numbers are of the recording, not of the reading. */
function lostAccounts({ accounts }: DecodedMessage): Partial<Record<AccountName, number>> {
  const lost = Object.entries(accounts).filter(
    ([name]) => ACCOUNTS[name as AccountName].role === 'lost' && !name.startsWith('sequence_'),
  );
  return Object.fromEntries(lost);
}

/** Flows as text, in an order that does not depend on the reader. Only the fields that every reader gives. */
function sorted(flows: readonly ReadFlow[]): string[] {
  return flows.map((flow) => COMPARED.map((field) => `${field}=${flow[field] ?? 0}`).join(' ')).sort();
}
