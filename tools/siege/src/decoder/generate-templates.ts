// NetFlow v9 and IPFIX messages of random templates: any element that Weir knows in any length, options, names, redefinitions.
import { FIELDS } from '@weir/record';
import {
  type ElementKey,
  encodeIpfix,
  encodeNetflow9,
  type FieldValue,
  findElement,
  type SetSpec,
  type TemplateField,
  type TemplateSpec,
  templateField,
  VARIABLE_LENGTH,
} from '@weir/wire';
import type { Random } from '../random.ts';
import { TEMPLATE_IDS } from './mutate-sets.ts';

/** Elements that end in a column, where most of the code is; each stands more often than any other. */
const OF_COLUMNS = FIELDS.flatMap(({ elements }) => elements);
/** Those that decide what others mean: sampling, interface names, clocks, protocols of frames, addresses of exporters. */
const OF_OPTIONS: readonly ElementKey[] = [
  10, 14, 34, 35, 48, 49, 50, 82, 83, 84, 130, 131, 160, 302, 304, 305, 306, 309, 310, 311,
];
const PLAIN: readonly ElementKey[] = [
  1, 2, 4, 7, 8, 10, 11, 12, 14, 21, 22, 27, 28, 32, 61, 136, 150, 151, 152, 153, 154, 161,
];

/** Bytes of one message that records may take. */
const MAX_RECORD_BYTES = 3000;

export function generateTemplateMessage(random: Random, time: number): Uint8Array {
  const header = { time, sysUptime: random.below(1e8), sequence: random.below(2000) };
  const ipfix = random.chance(0.6);
  const sets: SetSpec[] = [];
  const templates = Array.from({ length: random.between(1, 3) }, () => generateTemplate(random));
  if (random.chance(0.8)) sets.push({ templates });
  for (const template of templates)
    if (random.chance(0.9)) sets.push({ template, records: generateRecords(template, random) });
  const domain = random.below(3);
  if (ipfix) return encodeIpfix({ ...header, domain }, sets).bytes;
  return encodeNetflow9({ ...header, sourceId: domain }, sets);
}

function generateTemplate(random: Random): TemplateSpec {
  const options = random.chance(0.25);
  const from = options ? OF_OPTIONS : PLAIN;
  const fields = Array.from({ length: random.between(1, 20) }, () => generateField(random, from));
  // The same element again: tunnels list the outer header's first (RFC 7011 section 8).
  if (random.chance(0.15)) fields.push(...fields.slice(0, random.between(1, 6)));
  return { id: random.pick(TEMPLATE_IDS), fields, ...(options ? { scopes: random.between(1, fields.length) } : {}) };
}

function generateField(random: Random, from: readonly ElementKey[]): TemplateField {
  const list = random.chance(0.5) ? from : OF_COLUMNS;
  const field = random.chance(0.9)
    ? templateField(random.pick(list))
    : { enterprise: 0, id: random.between(1, 500), length: 4 };
  if (random.chance(0.8)) return field;
  const type = findElement(field.enterprise, field.id)?.type;
  const lengths =
    type === 'string' ? [VARIABLE_LENGTH, 0, 1, 16, 64, 600] : [0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 17, VARIABLE_LENGTH];
  return { ...field, length: random.pick(lengths) };
}

function generateRecords(template: TemplateSpec, random: Random): FieldValue[][] {
  const records: FieldValue[][] = [];
  let left = MAX_RECORD_BYTES;
  for (let count = random.between(0, 12); count > 0; count--) {
    const record = template.fields.map(({ length }) => generateValue(length, random));
    left -= record.reduce((sum, { length }) => sum + length + 3, 0);
    if (left < 0) break;
    records.push(record);
  }
  return records;
}

/** Bytes of a value: zeros, ones, a small number, a text, or anything. */
function generateValue(length: number, random: Random): Uint8Array {
  const bytes = length === VARIABLE_LENGTH ? random.pick([0, 1, 4, 8, random.below(40), random.below(400)]) : length;
  switch (random.below(6)) {
    case 0:
      return new Uint8Array(bytes);
    case 1:
      return new Uint8Array(bytes).fill(0xff);
    case 2: {
      const small = new Uint8Array(bytes);
      if (bytes > 0) small[bytes - 1] = random.below(64);
      return small;
    }
    case 3:
      return new Uint8Array(bytes).fill(random.between(0x61, 0x7a));
    default:
      return random.bytes(bytes);
  }
}
