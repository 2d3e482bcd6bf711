// Numbers as people read them. Rates of bits are decimal (1 kbit/s = 1000 bit/s), as network gear counts; amounts of bytes
// are binary (1 KiB = 1024 B), as ClickHouse and kubectl print them.

const DECIMAL = ['', 'k', 'M', 'G', 'T', 'P', 'E'];
const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

/** Three significant digits: 1.20, 12.3, 123, so that numbers under each other can be compared. */
function digits(value: number): string {
  const size = Math.abs(value);
  // 9.996 has three digits as 10.0, not as 10.00.
  return value.toFixed(size >= 99.95 || size === 0 ? 0 : size >= 9.995 ? 1 : 2);
}

/** The same without trailing zeros: `5 Mbit/s` on an axis, where `5.00` says no more. */
export function trimmed(text: string): string {
  return text.replace(/^(-?\d+)\.0+(?=\D|$)/, '$1').replace(/^(-?\d+\.\d*[1-9])0+(?=\D|$)/, '$1');
}

function scaled(value: number, base: number, steps: number): { value: number; step: number } {
  let step = 0;
  let rest = value;
  // 999.5 would print as 1000: it belongs to the next unit.
  while (Math.abs(rest) >= base - 0.5 && step < steps - 1) {
    rest /= base;
    step++;
  }
  return { value: rest, step };
}

/** `1.5 Mbit/s`. */
export function formatBits(bitsPerSecond: number): string {
  const { value, step } = scaled(bitsPerSecond, 1000, DECIMAL.length);
  const text = step === 0 ? trimmed(digits(value)) : digits(value);
  return `${text} ${DECIMAL[step]}bit/s`;
}

/** `12.3 MiB`. */
export function formatBytes(bytes: number): string {
  const { value, step } = scaled(bytes, 1024, BINARY.length);
  return `${step === 0 ? trimmed(digits(value)) : digits(value)} ${BINARY[step]}`;
}

/** A count, shortened: `1.2 k`, `3.4 M`. Below 10,000 it is exact, with separators. */
export function formatCount(count: number): string {
  if (Math.abs(count) < 10_000) return formatExact(Math.abs(count) < 10 ? Number(digits(count)) : Math.round(count));
  const { value, step } = scaled(count, 1000, DECIMAL.length);
  return `${digits(value)} ${DECIMAL[step]}`;
}

const exact = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });

/** Every digit, with separators: `1,234,567`. */
export function formatExact(count: number): string {
  return exact.format(count);
}

/** `1.20 k packets/s`; without a unit `1.20 k/s`. */
export function formatRate(perSecond: number, unit: string): string {
  const count = formatCount(perSecond);
  return unit === '' ? `${count}/s` : `${count} ${unit}/s`;
}

/** A share of a whole: `12 %`, `0.4 %`, `< 0.1 %`; a dash where there is no whole. */
export function formatShare(part: number, whole: number): string {
  if (!(whole > 0)) return '–';
  const percent = (part / whole) * 100;
  if (percent > 0 && percent < 0.1) return '< 0.1 %';
  return `${percent >= 10 ? Math.round(percent) : Number(percent.toFixed(1))} %`;
}
