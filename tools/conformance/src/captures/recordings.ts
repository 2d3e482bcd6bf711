// The recorded messages, grouped by the exporter they came from: templates before the data they describe.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface RecordedMessage {
  /** Path below the captures folder. */
  readonly file: string;
  readonly data: Uint8Array;
}

/** What one exporter sent, in order. */
export interface Recording {
  readonly name: string;
  readonly messages: readonly RecordedMessage[];
}

/** `netflow9_test_cisco_nbar_opttpl260.dat` belongs to `netflow9_test_cisco_nbar`. */
const EXPORTER_OF_FILE = /^(.+?)(?:_(?:opt)?tpls?.*|_data.*)?\.dat$/;

/** Options templates and templates come before data; otherwise by name. */
function rank(file: string): number {
  return /tpl/.test(file) ? 0 : 1;
}

/** All recordings of the captures folder, in a fixed order. */
export function readRecordings(folder: string): Recording[] {
  const groups = new Map<string, string[]>();
  const add = (name: string, file: string) => groups.set(name, [...(groups.get(name) ?? []), file]);
  for (const file of readdirSync(join(folder, 'netflow-ipfix-dat')).sort()) {
    const name = EXPORTER_OF_FILE.exec(file)?.[1];
    if (name !== undefined) add(name, join('netflow-ipfix-dat', file));
  }
  for (const entry of readdirSync(join(folder, 'telegraf'), { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    for (const file of readdirSync(join(folder, 'telegraf', entry.name)).sort()) {
      if (file.endsWith('.bin')) add(`telegraf/${entry.name}`, join('telegraf', entry.name, file));
    }
  }
  return [...groups].map(([name, files]) => ({
    name,
    messages: files
      .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
      .flatMap((file) => split(file, new Uint8Array(readFileSync(join(folder, file))))),
  }));
}

/** A file may hold several IPFIX messages end to end (each says its length, RFC 7011 section 3.1): `file#1`, `file#2`, … */
function split(file: string, data: Uint8Array): RecordedMessage[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const messages: Uint8Array[] = [];
  let at = 0;
  while (at + 4 <= data.length && view.getUint16(at) === 10 && isIpfixAt(view, at + view.getUint16(at + 2))) {
    messages.push(data.subarray(at, at + view.getUint16(at + 2)));
    at += view.getUint16(at + 2);
  }
  messages.push(data.subarray(at));
  return messages.map((message, index) => ({
    file: messages.length === 1 ? file : `${file}#${index + 1}`,
    data: message,
  }));
}

/** Whether another message begins here. */
function isIpfixAt(view: DataView, at: number): boolean {
  return at + 16 <= view.byteLength && view.getUint16(at) === 10;
}
