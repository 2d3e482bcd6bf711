// What a filter becomes: a condition is compiled once, and made into a test for each batch.
import type { FlowBatch } from '@weir/record';
import type { Names } from './names.ts';

/** Whether a row of the batch matches. Valid until the batch changes. */
export type RowTest = (row: number) => boolean;

export type Condition = (batch: FlowBatch, names: Names) => RowTest;

/** The tests that do not depend on the row, known by identity: a batch without a column answers for all rows at once. */
export const ALWAYS: RowTest = () => true;
export const NEVER: RowTest = () => false;

export const constantly = (value: boolean): RowTest => (value ? ALWAYS : NEVER);

export function negate(test: RowTest): RowTest {
  if (test === ALWAYS) return NEVER;
  if (test === NEVER) return ALWAYS;
  return (row) => !test(row);
}

/** True when all are; `decides` is what one of them must be to end the matter: false for "and", true for "or". */
function joined(tests: readonly RowTest[], decides: boolean): RowTest {
  const deciding = constantly(decides);
  const rest = constantly(!decides);
  if (tests.includes(deciding)) return deciding;
  const open = tests.filter((test) => test !== rest);
  if (open.length === 0) return rest;
  if (open.length === 1) return open[0];
  if (open.length === 2) {
    const [first, second] = open;
    return decides ? (row) => first(row) || second(row) : (row) => first(row) && second(row);
  }
  return (row) => {
    for (const test of open) if (test(row) === decides) return decides;
    return !decides;
  };
}

export const allOf = (tests: readonly RowTest[]): RowTest => joined(tests, false);
export const anyOf = (tests: readonly RowTest[]): RowTest => joined(tests, true);
