// Reads one value of a comparison for the kind of its field: text in, a typed value or a message out.
import { codeOf, formatAddress, nearest, parseNetwork, tryParseAddress } from '@weir/record';
import type { ComparisonOperator, FilterValue } from './ast.ts';
import type { FilterField } from './catalogue.ts';
import { hasAddressText } from './operators.ts';

type Bare<T> = T extends unknown ? Omit<T, 'from' | 'to'> : never;

/** A value without its place in the text. */
export type ReadValue = Bare<FilterValue>;

export interface ValueProblem {
  readonly message: string;
  readonly suggestion?: string;
}

/** Decimal multipliers, as networks count; with an `i` binary ones. */
const SUFFIXES: Readonly<Record<string, number>> = {
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  ki: 1024,
  mi: 1024 ** 2,
  gi: 1024 ** 3,
  ti: 1024 ** 4,
};

const NUMBER = /^(\d+)(?:\.(\d+))?([kmgt]i?)?$/i;

/** Decimal text of a whole number with an optional fraction and suffix (`1.5k` is 1500), or undefined. */
export function readNumber(text: string): string | undefined {
  if (/^0x[0-9a-f]{1,16}$/i.test(text)) return BigInt(text).toString();
  const match = NUMBER.exec(text);
  if (match === null || match[0].length > 40) return undefined;
  const [, whole, fraction = '', suffix] = match;
  const scale = suffix === undefined ? 1n : BigInt(SUFFIXES[suffix.toLowerCase()]);
  const divisor = 10n ** BigInt(fraction.length);
  const scaled = BigInt(whole + fraction) * scale;
  return scaled % divisor === 0n ? (scaled / divisor).toString() : undefined;
}

/** 48 bits of a MAC address (`aa:bb:…`, `aa-bb-…` or `aabb.ccdd.eeff`) in decimal, or undefined. */
export function readMac(text: string): string | undefined {
  const hex = /^(?:[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}|(?:[0-9a-f]{4}\.){2}[0-9a-f]{4})$/i.test(text)
    ? text.replace(/[:.-]/g, '')
    : undefined;
  return hex === undefined ? undefined : BigInt(`0x${hex}`).toString();
}

/** TCP flag letters as tcpFlagLetters prints them. */
const FLAG_LETTERS = 'FSRPAUECN';

function readFlags(field: FilterField, text: string): ReadValue | ValueProblem {
  const number = readNumber(text);
  if (number !== undefined) return inRange(field, number, text);
  const named = field.codes?.[text.toLowerCase()];
  if (named !== undefined) return { type: 'number', number: String(named) };
  if (field.name === 'tcp_flags') {
    let bits = 0;
    for (const letter of text.toUpperCase()) {
      const bit = FLAG_LETTERS.indexOf(letter);
      if (bit < 0) {
        return { message: `"${text}" is not a set of TCP flags: letters are F S R P A U E C N, such as SA` };
      }
      bits |= 1 << bit;
    }
    return { type: 'number', number: String(bits) };
  }
  return unknownName(field, text);
}

function unknownName(field: FilterField, text: string): ValueProblem {
  const names = Object.keys(field.codes ?? {});
  const suggestion = nearest(text, names);
  const some = names.slice(0, 12).join(', ');
  return {
    message: `"${text}" is no value of ${field.name}: ${some}${names.length > 12 ? ', …' : ''} or a number`,
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

function inRange(field: FilterField, number: string, text: string): ReadValue | ValueProblem {
  if (field.max !== undefined && BigInt(number) > BigInt(field.max)) {
    return { message: `${text} is too large: ${field.name} goes up to ${field.max}` };
  }
  return { type: 'number', number };
}

function readAddressOrNetwork(
  field: FilterField,
  text: string,
  operator: ComparisonOperator,
): ReadValue | ValueProblem {
  // A bare leading-colon word is an IPv6 address too.
  if (!text.includes('/') && operator !== '<<') {
    if (text === '') return { type: 'address', address: '' };
    const words = tryParseAddress(text);
    if (words !== undefined) return { type: 'address', address: formatAddress(words) || '::' };
  } else {
    const network = readNetwork(text);
    if (network !== undefined) {
      return takesNetwork(operator) ? { type: 'network', network } : noNetwork(field, operator, network);
    }
  }
  const what =
    operator === '<<' || text.includes('/')
      ? 'a network such as 10.128.0.0/14 or 2001:db8::/32'
      : 'an IPv4 or IPv6 address';
  return { message: `"${text}" is not ${what}, which ${field.name} is compared with` };
}

/** Canonical text of a network in CIDR form, or undefined. */
function readNetwork(text: string): string | undefined {
  try {
    return parseNetwork(text).text;
  } catch {
    return undefined;
  }
}

/** A network stands for all its addresses: it can be equal to an address or hold it, not be before or like it. */
const takesNetwork = (operator: ComparisonOperator): boolean =>
  operator === '=' || operator === 'in' || operator === '<<' || operator === 'has';

const noNetwork = (field: FilterField, operator: ComparisonOperator, network: string): ValueProblem => ({
  message: `"${network}" is a network, which "${operator}" does not take: use ${field.name} << ${network}`,
});

/**
 * A value of a field whose text is an address, or the name of what has it: networks mean what they mean to addresses, and addresses
 * are compared in their canonical form, in which they are stored.
 */
function readAddressText(field: FilterField, text: string, operator: ComparisonOperator): ReadValue | ValueProblem {
  if (operator === '<<') return readAddressOrNetwork(field, text, operator);
  const [before] = text.split('/', 1);
  const words = tryParseAddress(before);
  // A name may have slashes; what begins with an address and one can only be meant as a network.
  if (words === undefined) return { type: 'text', text };
  if (before !== text) return readAddressOrNetwork(field, text, operator);
  return { type: 'text', text: operator === 'like' ? text : formatAddress(words) || '::' };
}

/** A time: ISO 8601 (without a zone it is UTC), or milliseconds since 1970. */
export function readTime(text: string): number | undefined {
  if (/^\d{10,16}$/.test(text)) return Number(text);
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return undefined;
  const zoned = /(Z|[+-]\d{2}:?\d{2})$/i.test(text) || text.length <= 10 ? text : `${text}Z`;
  const ms = Date.parse(zoned.replace(' ', 'T'));
  return Number.isNaN(ms) ? undefined : ms;
}

/** Why a pattern is not one that RE2 (ClickHouse's regular expressions) takes, or undefined. */
function regexProblem(text: string): string | undefined {
  if (text.length > 1000) return 'the pattern is longer than 1000 characters';
  if (/\(\?(?:[=!]|<[=!])/.test(text)) return 'look-ahead and look-behind are not supported';
  if (/\\[1-9]/.test(text)) return 'back-references are not supported';
  try {
    jsRegex(text);
    return undefined;
  } catch (error) {
    return (error as Error).message.replace(/^Invalid regular expression: /, '');
  }
}

/** The pattern as a JavaScript expression, for checking and for the empty text. RE2's leading `(?i)` becomes a flag. */
export function jsRegex(text: string): RegExp {
  const flags = /^\(\?([is]+)\)/.exec(text);
  return flags === null
    ? new RegExp(text, 's')
    : new RegExp(text.slice(flags[0].length), [...new Set(`${flags[1]}s`)].join(''));
}

/** Reads a value for a field and operator. */
export function readValue(field: FilterField, operator: ComparisonOperator, text: string): ReadValue | ValueProblem {
  const network = operator === '~' && hasAddressText(field) && text.includes('/') ? readNetwork(text) : undefined;
  if (network !== undefined) return noNetwork(field, operator, network);
  if (operator === '~') {
    const problem = regexProblem(text);
    return problem === undefined ? { type: 'text', text } : { message: `Not a regular expression: ${problem}` };
  }
  // In a pattern a backslash takes the meaning from what follows it: at the end nothing does.
  if (operator === 'like' && /(?:^|[^\\])(?:\\\\)*\\$/.test(text)) {
    return { message: `"${text}" ends with a backslash that nothing follows: "\\\\\\\\" matches a backslash` };
  }
  switch (field.kind) {
    case 'text':
    case 'labels':
      return hasAddressText(field) ? readAddressText(field, text, operator) : { type: 'text', text };
    case 'addr':
    case 'list(addr)':
      return readAddressOrNetwork(field, text, operator);
    case 'mac': {
      const number = readMac(text);
      return number === undefined
        ? { message: `"${text}" is not a MAC address such as 0a:58:0a:80:00:05` }
        : { type: 'number', number };
    }
    case 'time': {
      const ms = readTime(text);
      return ms === undefined
        ? { message: `"${text}" is not a time such as 2026-03-01T12:00:00Z or milliseconds since 1970` }
        : { type: 'time', ms };
    }
    case 'country': {
      if (text === '') return { type: 'number', number: '0' };
      if (!/^[a-z]{2}$/i.test(text)) return { message: `"${text}" is not a country: two letters, such as DE` };
      const upper = text.toUpperCase();
      return { type: 'number', number: String(upper.charCodeAt(0) * 256 + upper.charCodeAt(1)) };
    }
    case 'code': {
      const code = codeOf(field.name, text);
      if (code !== undefined) return { type: 'number', number: String(code) };
      const number = readNumber(text);
      return number === undefined ? unknownName(field, text) : inRange(field, number, text);
    }
    case 'flags':
      return readFlags(field, text);
    case 'key':
      // A key in decimal has many digits; anything else is the name of what the key names.
      if (/^\d{15,20}$/.test(text) && BigInt(text) < 2n ** 64n) return { type: 'number', number: text };
      return hasAddressText(field) ? readAddressText(field, text, operator) : { type: 'text', text };
    case 'number':
    case 'list(u32)': {
      const number = readNumber(text);
      if (number === undefined)
        return { message: `"${text}" is not a whole number, which ${field.name} is compared with` };
      return inRange(field, number, text);
    }
  }
}
