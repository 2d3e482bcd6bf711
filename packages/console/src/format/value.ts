// One value of one field as text: codes by name, times, amounts with units, flags as letters. What the table, the drawer and
// the charts show all comes through here, so that a value reads the same everywhere.
import { codeName, FIELD_SPECS, type FieldSpec, isFieldName, qualityNames, tcpFlagLetters } from '@weir/record';
import type { Value } from '../api/types.ts';
import { dscpName, portName } from './codes.ts';
import { formatBits, formatBytes, formatCount, formatExact } from './number.ts';
import { formatDateTime, formatDuration, toMs } from './time.ts';

/** Two letters of a country column: a number with the first letter in the high byte, or the letters themselves. */
function country(value: Value): string {
  if (typeof value !== 'number') return String(value);
  return value === 0 ? '' : String.fromCharCode(value >> 8, value & 0xff);
}

const SPECIAL: Readonly<Record<string, (value: number) => string>> = {
  tcp_flags: (flags) => tcpFlagLetters(flags),
  quality: (bits) => qualityNames(bits).join(', '),
  dscp: (dscp) => (dscpName(dscp) === undefined ? String(dscp) : `${dscpName(dscp)} (${dscp})`),
  sampling_rate: (rate) => (rate === 0 ? 'unknown' : rate === 1 ? 'every packet' : `1 in ${formatExact(rate)}`),
  ether_type: (type) => `0x${type.toString(16).padStart(4, '0')}`,
  outer_proto: (proto) => codeName('proto', proto) ?? String(proto),
};

function number(name: string, value: number): string {
  const special = SPECIAL[name];
  if (special !== undefined) return special(value);
  const code = codeName(name, value);
  if (code !== undefined) return code.replaceAll('_', ' ');
  const spec: FieldSpec | undefined = isFieldName(name) ? FIELD_SPECS[name] : undefined;
  if (spec?.unit === 'bytes') return formatBytes(value);
  if (spec?.unit === 'bit/s') return formatBits(value);
  if (spec?.unit === 'us') return formatDuration(value / 1000);
  if (spec?.unit === 'packets' || spec?.unit === 'connections') return formatCount(value);
  return String(value);
}

/** Text of a value; empty where it is absent. Times are in the browser's zone unless `utc`. */
export function formatValue(name: string, value: Value | undefined, utc = false): string {
  if (value === undefined || value === null) return '';
  if (name.endsWith('_country')) return country(value);
  if (isFieldName(name) && FIELD_SPECS[name].kind === 'time') {
    const ms = toMs(value);
    return Number.isNaN(ms) ? String(value) : formatDateTime(ms, utc);
  }
  if (typeof value === 'number') return number(name, value);
  if (Array.isArray(value)) return value.join(', ');
  // 64-bit counters may come as decimal text so that no digit is lost.
  if (typeof value === 'string' && isFieldName(name) && /^\d+$/.test(value) && 'unit' in FIELD_SPECS[name]) {
    return number(name, Number(value));
  }
  return String(value);
}

/** The exact form beside a rounded one, for tooltips and the drawer; undefined where `formatValue` says it all. */
export function exactValue(name: string, value: Value | undefined): string | undefined {
  const spec: FieldSpec | undefined = isFieldName(name) ? FIELD_SPECS[name] : undefined;
  const count = Number(value);
  if (typeof value === 'number' && codeName(name, value) !== undefined) return String(value);
  if (spec?.unit === undefined || spec.kind === 'time' || !Number.isFinite(count) || Math.abs(count) < 1000) {
    return undefined;
  }
  return `${formatExact(count)} ${spec.unit === 'us' ? 'µs' : spec.unit}`;
}

/** What a group is called where the value is empty: `no namespace`, `no service`. */
function absent(name: string): string {
  const what = name
    .replace(/^(src|dst)_/, '')
    .replace(/^service_name$/, 'service')
    .replaceAll('_', ' ');
  return `no ${what}`;
}

/** One part of a group's label. */
export function keyPart(name: string, value: Value | undefined): string {
  const text = formatValue(name, value);
  if (text === '' || text === '::' || (text === '0' && /_(entity|port|as)$/.test(name))) return absent(name);
  if (/(^|_)port$/.test(name) && typeof value === 'number') {
    const known = portName(value);
    return known === undefined ? text : `${text} ${known}`;
  }
  return text;
}
