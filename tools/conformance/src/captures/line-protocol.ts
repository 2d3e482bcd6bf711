// Flows as another collector, telegraf, read them from the same messages: influx line protocol, one flow a line.
import { codeOf } from '@weir/record';
import { type ReadFlow, withoutIcmpPorts } from './read-flow.ts';

/** Field of a line, and what it is called here. The first present one counts. */
const NAMES: Readonly<Record<Exclude<keyof ReadFlow, 'proto'>, readonly string[]>> = {
  src_addr: ['src'],
  dst_addr: ['dst'],
  src_port: ['src_port'],
  dst_port: ['dst_port'],
  icmp_type: ['icmp_type'],
  icmp_code: ['icmp_code'],
  bytes: ['in_bytes', 'in_total_bytes'],
  packets: ['in_packets', 'in_total_packets'],
};

/** The flows of an expected.out file: lines that have a source address (others are counters or options data). */
export function readLineProtocol(text: string): ReadFlow[] {
  return text.split('\n').flatMap((line) => {
    const fields = fieldsOf(line);
    if (!fields.has('src')) return [];
    const flow: Record<string, string | number> = {};
    for (const [name, candidates] of Object.entries(NAMES)) {
      const value = candidates.map((candidate) => fields.get(candidate)).find((found) => found !== undefined);
      if (value !== undefined) flow[name] = value;
    }
    const proto = codeOf('proto', String(fields.get('protocol') ?? ''));
    return [withoutIcmpPorts(proto === undefined ? flow : { ...flow, proto })];
  });
}

/** `name="text"` and `name=12u` of a line, which is `measurement,tags fields [timestamp]`. */
function fieldsOf(line: string): Map<string, string | number> {
  const fields = new Map<string, string | number>();
  const body = line.slice(line.indexOf(' ') + 1);
  for (const [, name, quoted, plain] of body.matchAll(/([a-z_0-9]+)=(?:"([^"]*)"|([^,\s]+))/g)) {
    fields.set(name, quoted ?? Number.parseInt(plain, 10));
  }
  return fields;
}
