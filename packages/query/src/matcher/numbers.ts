// Conditions on numbers: counters, codes, flags, MAC addresses, countries, times, and lists of numbers.
import { KINDS } from '@weir/record';
import type { Comparison, ComparisonOperator } from '../language/ast.ts';
import { fieldOf, listColumn, scalarColumn, wordColumn } from './columns.ts';
import { type Condition, constantly, NEVER, type RowTest } from './row-test.ts';
import { numberOf, type Wide, WideSet, wideOf } from './wide.ts';

/** Where the server is the destination unless the source is known to be it; `client_side` 2 is the destination calling. */
const DESTINATION_IS_CLIENT = 2;

export function numberCondition(node: Comparison): Condition {
  if (node.field.column === 'server_port') return serverPortCondition(node);
  const field = fieldOf(node);
  if (KINDS[field.kind].words === 2) return wideCondition(node, node.values.map(numberOf), false);
  const test = numberTest(node);
  const zero = constantly(test(0));
  return (batch) => {
    const column = scalarColumn(batch, field);
    return column === undefined ? zero : (row) => test(column[row]);
  };
}

function serverPortCondition(node: Comparison): Condition {
  const test = numberTest(node);
  return (batch) => {
    const { client_side, src_port, dst_port } = batch.core;
    return (row) => test(client_side[row] === DESTINATION_IS_CLIENT ? src_port[row] : dst_port[row]);
  };
}

/** Of numbers of up to 32 bits. */
function numberTest({ operator, values }: Comparison): (value: number) => boolean {
  const wanted = values.map((value) => Number(numberOf(value)));
  const [first] = wanted;
  switch (operator) {
    case '<':
      return (value) => value < first;
    case '<=':
      return (value) => value <= first;
    case '>':
      return (value) => value > first;
    case '>=':
      return (value) => value >= first;
    case 'has':
      return (value) => (value & first) >>> 0 === first;
    default: {
      if (wanted.length === 1) return (value) => value === first;
      const set = new Set(wanted);
      return (value) => set.has(value);
    }
  }
}

/** DateTime64(3): milliseconds since 1970, signed. */
export function timeCondition(node: Comparison): Condition {
  const times = node.values.map((value) => BigInt(value.type === 'time' ? value.ms : 0));
  return wideCondition(node, times, true);
}

function wideCondition(node: Comparison, values: readonly bigint[], signed: boolean): Condition {
  const field = fieldOf(node);
  // With the sign bit turned round, signed numbers have the order of unsigned ones.
  const flip = signed ? 0x80000000 : 0;
  const over = wideTest(
    node.operator,
    values.map(wideOf).map(({ lo, hi }) => ({ lo, hi: (hi ^ flip) >>> 0 })),
    flip,
  );
  const zero = constantly(over(new Uint32Array(2))(0));
  return (batch) => {
    const words = wordColumn(batch, field);
    return words === undefined ? zero : over(words);
  };
}

function wideTest(
  operator: ComparisonOperator,
  values: readonly Wide[],
  flip: number,
): (words: Uint32Array) => RowTest {
  const [{ lo, hi }] = values;
  switch (operator) {
    case '<':
    case '>=':
      return (words) => {
        const less = lessThan(words, flip, lo, hi, false);
        return operator === '<' ? less : (row) => !less(row);
      };
    case '<=':
    case '>':
      return (words) => {
        const lessOrEqual = lessThan(words, flip, lo, hi, true);
        return operator === '<=' ? lessOrEqual : (row) => !lessOrEqual(row);
      };
    default: {
      if (values.length === 1)
        return (words) => (row) => words[row * 2] === lo && (words[row * 2 + 1] ^ flip) >>> 0 === hi;
      const set = new WideSet(values);
      return (words) => (row) => set.has(words[row * 2], (words[row * 2 + 1] ^ flip) >>> 0);
    }
  }
}

function lessThan(words: Uint32Array, flip: number, lo: number, hi: number, orEqual: boolean): RowTest {
  return (row) => {
    const high = (words[row * 2 + 1] ^ flip) >>> 0;
    if (high !== hi) return high < hi;
    const low = words[row * 2];
    return low < lo || (orEqual && low === lo);
  };
}

export function numberListCondition(node: Comparison): Condition {
  const field = fieldOf(node);
  const wanted = new Set(node.values.map((value) => Number(numberOf(value))));
  return (batch) => {
    const column = listColumn(batch, field);
    if (column === undefined) return NEVER;
    const { ends, values } = column;
    return (row) => {
      for (let item = row === 0 ? 0 : ends[row - 1]; item < ends[row]; item++)
        if (wanted.has(values[item])) return true;
      return false;
    };
  };
}
