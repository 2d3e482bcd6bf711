// Longest-prefix match over a few to some thousand networks: one masked look-up for each prefix length in use, longest first.
import { IPV4_MAPPED_WORD, type Network } from '@weir/record';
import { AddressTable } from './address-table.ts';

interface Length {
  /** Prefix length in the 128-bit form. */
  readonly prefix: number;
  readonly table: AddressTable;
  readonly mask: Uint32Array<ArrayBuffer>;
}

export class PrefixTable {
  readonly #lengths: Length[];
  /** The lengths that IPv4 networks have, with the masks of the last word beside them. */
  readonly #lengths4: Length[];
  readonly #scratch = new Uint32Array(4);

  /** Networks with a value (not 0) each. Of equal networks the first stands. */
  constructor(networks: readonly { readonly network: Network; readonly value: number }[]) {
    const byPrefix = Map.groupBy(networks, (entry) => entry.network.prefix);
    this.#lengths = [...byPrefix]
      .sort(([a], [b]) => b - a)
      .map(([prefix, entries]) => {
        const table = new AddressTable(entries.length, entries.length);
        for (const { network, value } of entries.toReversed()) table.set(network.address, 0, value);
        return { prefix, table, mask: maskOf(prefix) };
      });
    this.#lengths4 = this.#lengths.filter(({ prefix }) => prefix >= 96);
  }

  /** Value of the longest network that holds the address at word `at`, or 0. */
  get(words: Uint32Array, at: number): number {
    const w0 = words[at];
    const w1 = words[at + 1];
    const w2 = words[at + 2];
    const w3 = words[at + 3];
    if (w2 === IPV4_MAPPED_WORD && (w0 | w1) === 0) return this.#get4(w3);
    const key = this.#scratch;
    for (const { table, mask } of this.#lengths) {
      key[0] = w0 & mask[0];
      key[1] = w1 & mask[1];
      key[2] = w2 & mask[2];
      key[3] = w3 & mask[3];
      const value = table.get(key, 0);
      if (value !== 0) return value;
    }
    return 0;
  }

  #get4(word: number): number {
    const lengths = this.#lengths4;
    for (let index = 0; index < lengths.length; index++) {
      const { table, mask } = lengths[index];
      const value = table.get4(word & mask[3]);
      if (value !== 0) return value;
    }
    return 0;
  }
}

/** Mask of a prefix length, as words over network-order bytes. */
function maskOf(prefix: number): Uint32Array<ArrayBuffer> {
  const bytes = new Uint8Array(16);
  for (let byte = 0; byte < 16; byte++) bytes[byte] = (0xff00 >> Math.min(8, Math.max(0, prefix - byte * 8))) & 0xff;
  return new Uint32Array(bytes.buffer);
}
