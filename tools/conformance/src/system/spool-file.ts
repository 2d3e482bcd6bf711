// Reads one column of a spool file without the store: what a file promises must be known before the store has seen it.
import { readFileSync } from 'node:fs';

/** Bytes a value takes, by ClickHouse type. */
const WIDTHS: Readonly<Record<string, number>> = {
  UInt8: 1,
  UInt16: 2,
  UInt32: 4,
  UInt64: 8,
  IPv6: 16,
  "DateTime64(3, 'UTC')": 8,
};

/** Values of the UInt64 column `name` in all blocks of a Native file. Throws on a type that is not in WIDTHS. */
export function readNumbers(path: string, name: string): number[] {
  const data = readFileSync(path);
  const values: number[] = [];
  let at = 0;
  const varUint = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = data[at++];
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  const text = () => {
    const length = varUint();
    at += length;
    return data.toString('utf8', at - length, at);
  };
  while (at < data.length) {
    const columns = varUint();
    const rows = varUint();
    for (let column = 0; column < columns; column++) {
      const columnName = text();
      const type = text();
      const width = WIDTHS[type];
      if (width === undefined) throw new Error(`${path}: column ${columnName} has type ${type}`);
      if (columnName === name) {
        for (let row = 0; row < rows; row++) values.push(Number(data.readBigUInt64LE(at + row * width)));
      }
      at += rows * width;
    }
  }
  return values;
}
