// Two readings of the same message side by side.
import { COMPARED, type ReadFlow } from './read-flow.ts';

export interface Disagreement {
  /** The message. */
  readonly file: string;
  /** What the readings differ in; `flows` is their number. */
  readonly field: (typeof COMPARED)[number] | 'flows';
  /** How many flows of the message differ in it. */
  readonly count: number;
  /** The first difference: Weir's value and tshark's. */
  readonly weir: string | number;
  readonly tshark: string | number;
}

/**
 * Compares flow by flow, in order, every value that tshark gives. When the readings have different numbers of flows
 * that is the only disagreement reported, because nothing says which belong together.
 */
export function compareMessage(file: string, weir: readonly Required<ReadFlow>[], tshark: readonly ReadFlow[]) {
  const found: Disagreement[] = [];
  if (weir.length !== tshark.length) {
    const count = Math.abs(weir.length - tshark.length);
    found.push({ file, field: 'flows', count, weir: weir.length, tshark: tshark.length });
    return found;
  }
  for (const field of COMPARED) {
    const differing = tshark.flatMap((flow, index) =>
      flow[field] !== undefined && flow[field] !== weir[index][field] ? [index] : [],
    );
    if (differing.length === 0) continue;
    const [first] = differing;
    const theirs = tshark[first][field] ?? '';
    found.push({ file, field, count: differing.length, weir: weir[first][field], tshark: theirs });
  }
  return found;
}
