// Conditions on addresses: equal to one, in a network (which stands for all its addresses), or before and after one. In columns they are
// four little-endian words over bytes in network order.
import { inNetwork, type Network, parseAddress, parseNetwork, tryParseAddress } from '@weir/record';
import type { Comparison, FilterValue } from '../language/ast.ts';
import { fieldOf, listColumn, wordColumn } from './columns.ts';
import { type Condition, constantly, NEVER } from './row-test.ts';

/** Whether the address at a word is one of those wanted. */
type AddressTest = (words: Uint32Array, at: number) => boolean;

const ABSENT = new Uint32Array(4);

export function addressCondition(node: Comparison): Condition {
  const field = fieldOf(node);
  const test = addressTest(node);
  const absent = constantly(test(ABSENT, 0));
  return (batch) => {
    const words = wordColumn(batch, field);
    return words === undefined ? absent : (row) => test(words, row * 4);
  };
}

/** Any item of a list. */
export function addressListCondition(node: Comparison): Condition {
  const field = fieldOf(node);
  const test = anyAddress(node.values);
  return (batch) => {
    const column = listColumn(batch, field);
    if (column === undefined) return NEVER;
    const { ends, values } = column;
    return (row) => {
      for (let item = row === 0 ? 0 : ends[row - 1]; item < ends[row]; item++) if (test(values, item * 4)) return true;
      return false;
    };
  };
}

function addressTest({ operator, values }: Comparison): AddressTest {
  const first = wordsOf(values[0]);
  switch (operator) {
    case '<':
      return (words, at) => compare(words, at, first) < 0;
    case '<=':
      return (words, at) => compare(words, at, first) <= 0;
    case '>':
      return (words, at) => compare(words, at, first) > 0;
    case '>=':
      return (words, at) => compare(words, at, first) >= 0;
    default:
      return anyAddress(values);
  }
}

/** Any of the addresses and networks. */
function anyAddress(values: readonly FilterValue[]): AddressTest {
  const networks = networksOf(values);
  /** By the last word, which differs most. */
  const addresses = new Map<number, Uint32Array[]>();
  for (const value of values) {
    if (value.type === 'network') continue;
    const words = wordsOf(value);
    addresses.set(words[3], [...(addresses.get(words[3]) ?? []), words]);
  }
  return (words, at) => {
    const same = addresses.get(words[at + 3]);
    if (same !== undefined) for (const other of same) if (compare(words, at, other) === 0) return true;
    for (const network of networks) if (inNetwork(network, words, at)) return true;
    return false;
  };
}

export const networksOf = (values: readonly FilterValue[]): Network[] =>
  values.flatMap((value) => (value.type === 'network' ? [parseNetwork(value.network)] : []));

/** Whether an address in text lies in one of the networks. What is no address counts as `::`, as it does to the store. */
export function textInNetworks(text: string, networks: readonly Network[]): boolean {
  if (text === '') return false;
  const words = tryParseAddress(text) ?? ABSENT;
  return networks.some((network) => inNetwork(network, words));
}

function wordsOf(value: FilterValue): Uint32Array {
  if (value.type === 'network') return parseNetwork(value.network).address;
  return value.type === 'address' && value.address !== '' ? parseAddress(value.address) : ABSENT;
}

/** The bytes of a word in network order, as a number. */
const swapped = (word: number): number =>
  (((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;

function compare(words: Uint32Array, at: number, other: Uint32Array): number {
  for (let word = 0; word < 4; word++) {
    if (words[at + word] !== other[word]) return swapped(words[at + word]) < swapped(other[word]) ? -1 : 1;
  }
  return 0;
}
