// Floods: what a sender, or somebody who forges many, can send to fill what Weir keeps of exporters. Their flows have no bytes, so that they are
// told from the numbered ones.
import { createSocket, type Socket } from 'node:dgram';
import { encodeIpfix, type TemplateSpec, templateField } from '@weir/wire';
import type { Random } from '../random.ts';

/** An address of 127.0.0.0/8 for each number, none that numbered flows come from. */
export function sourceAddress(index: number): string {
  return `127.${64 + (Math.floor(index / 62_500) % 128)}.${Math.floor(index / 250) % 250}.${1 + (index % 250)}`;
}

const FLOW: TemplateSpec = { id: 256, fields: [8, 12, 2].map((element) => templateField(element)) };
const NAMED: TemplateSpec = { id: 257, fields: [8, 12, 130].map((element) => templateField(element)) };
const TEXT: TemplateSpec = { id: 258, fields: [templateField(8), templateField(82)] };

const address = (random: Random): string => [10, random.below(256), random.below(256), random.below(256)].join('.');
const header = (domain = 0) => ({ time: Date.now(), sysUptime: 0, sequence: 0, domain });

export const templateMessage = (): Uint8Array => encodeIpfix(header(), [{ templates: [FLOW] }]).bytes;

/** Flows by the template above. */
export function dataMessage(records: number): Uint8Array {
  const rows = Array.from({ length: records }, () => ['192.0.2.1', '192.0.2.2', 1]);
  return encodeIpfix(header(), [{ template: FLOW, records: rows }]).bytes;
}

/** Templates that nobody needs, as many as fit a small datagram, in a domain of its own. */
export function manyTemplates(random: Random): Uint8Array {
  const first = random.between(256, 60_000);
  const templates = Array.from({ length: 40 }, (_, index) => ({
    id: first + index,
    fields: Array.from({ length: 20 }, () => templateField(random.pick([1, 2, 4, 7, 8, 10, 11, 12, 14]))),
  }));
  return encodeIpfix(header(random.below(1e6)), [{ templates }]).bytes;
}

/** Flows that name other exporters. */
export function namingMessage(random: Random): Uint8Array {
  const records = Array.from({ length: 50 }, () => [address(random), '192.0.2.2', address(random)]);
  return encodeIpfix(header(), [{ templates: [NAMED] }, { template: NAMED, records }]).bytes;
}

/** Flows with texts that nobody has seen before. */
export function textMessage(random: Random): Uint8Array {
  const records = Array.from({ length: 50 }, () => [address(random), `eth-${random.u32()}-${random.u32()}`]);
  return encodeIpfix(header(), [{ templates: [TEXT] }, { template: TEXT, records }]).bytes;
}

/** Sends from addresses of loopback to one port, each datagram once the one before is with the kernel. */
export class Senders {
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  async send(from: string, datagrams: Iterable<Uint8Array>): Promise<number> {
    const socket = createSocket('udp4');
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        socket.bind(0, from, resolve);
      });
      let sent = 0;
      for (const datagram of datagrams) {
        await this.#one(socket, datagram);
        sent++;
      }
      return sent;
    } finally {
      socket.close();
    }
  }

  #one(socket: Socket, datagram: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      socket.send(datagram, this.#port, '127.0.0.1', (error) => (error === null ? resolve() : reject(error)));
    });
  }
}
