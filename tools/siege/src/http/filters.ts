// Filters, cursors and other values of parameters: what people write, bent.
import type { Random } from '../random.ts';

const WORDS = [
  ...[
    'and',
    'or',
    'not',
    'in',
    'has',
    'contains',
    'matches',
    '=',
    '!=',
    '<',
    '>',
    '<=',
    '>=',
    '~',
    '(',
    ')',
    ',',
    '"',
    "'",
    '\\',
  ],
  ...[
    '*',
    '%',
    '/',
    '-',
    '--',
    ';',
    '0',
    '1',
    '-1',
    '443',
    '65536',
    '1e400',
    '0x10',
    '18446744073709551616',
    '10.0.0.0/8',
    '::/0',
  ],
  ...[
    '10.0.0.1',
    '"shop"',
    'shop',
    'tcp',
    'fin',
    'true',
    'null',
    '[',
    ']',
    '{',
    '}',
    '\u0000',
    '\u{1F600}',
    'é',
    '\n',
    '\t',
    '\\u0000',
  ],
];
/** As someone who looks for a hole would. */
const HOSTILE = [
  "' OR 1=1 --",
  '"; DROP TABLE weir.flows; --',
  '../../../../etc/passwd',
  ['$', '{jndi:ldap://127.0.0.1/a}'].join(''),
  '<script>alert(1)</script>',
  '(a+)+$',
  '%00',
  '__proto__',
  'constructor',
];

export function someFilter(random: Random, names: readonly string[]): string {
  switch (random.below(6)) {
    case 0:
      return random.pick(HOSTILE);
    case 1:
      return '('.repeat(random.below(3000));
    case 2: {
      const terms = Array.from({ length: random.between(1, 400) }, () => condition(random, names));
      return terms.join(random.pick([' and ', ' or ', ' ']));
    }
    case 3:
      return Array.from({ length: random.between(1, 60) }, () => random.pick([...WORDS, random.pick(names)])).join(
        random.pick([' ', '']),
      );
    default:
      return condition(random, names);
  }
}

function condition(random: Random, names: readonly string[]): string {
  const operator = random.pick(['=', '!=', 'in', '<', '>=', 'contains', 'matches', 'has', 'not in']);
  const value = operator.endsWith('in')
    ? `(${random.pick(WORDS)}, ${random.pick(WORDS)})`
    : random.pick([...WORDS, ...HOSTILE]);
  return `${random.pick(names)} ${operator} ${value}`;
}

/** A value for a parameter of any name. */
export function someValue(random: Random, name: string, names: readonly string[], cursors: readonly string[]): string {
  if (random.chance(0.15)) return random.pick(HOSTILE);
  if (name === 'filter' || name === 'text') return someFilter(random, names);
  if (name === 'cursor') return bend(random.pick(['', ...cursors]), random);
  if (name === 'from' || name === 'to') {
    return random.pick([
      'now',
      'now-15m',
      'now-1000y',
      'now-1h',
      '0',
      '-1',
      '1e308',
      '2026-11-24T00:00:00Z',
      '9'.repeat(30),
      'now+',
      'yesterday',
    ]);
  }
  if (name === 'limit' || name === 'interval')
    return random.pick(['1', '10', '100', '0', '-1', '100000', '1e9', 'NaN', 'auto', '1.5', '']);
  if (name === 'by' || name === 'order' || name === 'metrics' || name === 'field') {
    const list = Array.from({ length: random.between(1, 4) }, () =>
      random.pick([...names, 'bytes', 'packets', 'flows', 'bits_per_second', 'time']),
    );
    return list.join(random.pick([',', ',', ' ', ',,']));
  }
  return random.pick(['', 'auto', 'flows', '1m', '1h', 'namespace', 'pod', 'x'.repeat(5000), random.pick(WORDS)]);
}

/** A text with a few characters changed. */
function bend(text: string, random: Random): string {
  const characters = [...text];
  for (let changes = random.below(4); changes > 0; changes--) {
    characters.splice(
      random.below(characters.length + 1),
      random.below(2),
      random.pick(['A', '0', '=', '/', '+', '%', '\u0000', 'é', '-']),
    );
  }
  return characters.join('');
}
