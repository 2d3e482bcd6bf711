// Rows of a meter by IP version: v9 and IPFIX have a template for each.
import { FIELD, type Field, type FlowBatch, isIPv4, KINDS, type ScalarKind } from '@weir/record';

/** Moves the IPv6 rows of `rows` to `v6` and closes the gaps they leave. Both keep their order. */
export function splitFamilies(rows: FlowBatch, v6: FlowBatch): void {
  const addresses = rows.use(FIELD.src_addr);
  const fields = rows.fields() as Field<ScalarKind>[];
  let kept = 0;
  for (let row = 0; row < rows.length; row++) {
    if (isIPv4(addresses, row * 4)) {
      if (kept < row) for (const field of fields) copy(rows, row, rows, kept, field);
      kept++;
    } else if (v6.room > 0) {
      const to = v6.length++;
      for (const field of fields) copy(rows, row, v6, to, field);
    }
  }
  rows.truncate(kept);
}

function copy(from: FlowBatch, row: number, into: FlowBatch, to: number, field: Field<ScalarKind>): void {
  const { words } = KINDS[field.kind];
  into.use(field).set(from.use(field).subarray(row * words, (row + 1) * words), to * words);
}
