// Addresses of a cluster that nobody there has: their key is the hash of cluster and address, so that their name, the address, is known
// without a row. Only the clusters are remembered.
import { unresolvedKeys } from '@weir/enrich';
import { formatAddress, type Key, parseAddress, tryParseAddress } from '@weir/record';
import { NameTable } from './name-table.ts';
import { Named } from './named.ts';

/** Clusters remembered: a collector has one, and may be given another. */
const CLUSTERS = 16;
/** Addresses whose name is kept ready. */
const READY = 32_768;

export class Unresolved {
  readonly #keys = new Map<string, (words: Uint32Array, at: number) => Key>();
  readonly #ready = new NameTable(READY);

  /** Whether this is the row of an unresolved address that `find` knows without it: 'new' when it told of a cluster. */
  explains(row: Named): 'new' | 'known' | 'no' {
    const { kind, name = '', cluster = '' } = row.attributes;
    const words = kind === 'unresolved' ? tryParseAddress(name) : undefined;
    if (words === undefined) return 'no';
    const keyOf = this.#keys.get(cluster) ?? unresolvedKeys(cluster);
    const { lo, hi } = keyOf(words, 0);
    if (lo !== row.key.lo || hi !== row.key.hi) return 'no';
    if (this.#keys.has(cluster)) return 'known';
    if (this.#keys.size >= CLUSTERS) return 'no';
    this.#keys.set(cluster, keyOf);
    return 'new';
  }

  /** A row for each cluster that tells of it. */
  *rows(): Generator<Named> {
    const words = parseAddress('0.0.0.0');
    for (const [cluster, keyOf] of this.#keys) yield unresolved(keyOf(words, 0), cluster, '0.0.0.0');
  }

  /** What the key names if it is that of the address at word `at`, as nobody's. */
  find(lo: number, hi: number, words: Uint32Array, at: number): Named | undefined {
    const ready = this.#ready.find(lo, hi);
    if (ready !== undefined) return ready;
    for (const [cluster, keyOf] of this.#keys) {
      const key = keyOf(words, at);
      if ((key.lo | 0) !== (lo | 0) || (key.hi | 0) !== (hi | 0)) continue;
      const named = unresolved(key, cluster, formatAddress(words, at));
      this.#ready.take(named);
      return named;
    }
    return undefined;
  }
}

function unresolved(key: Key, cluster: string, name: string): Named {
  const attributes: Record<string, string> = Object.create(null);
  Object.assign(attributes, { kind: 'unresolved', name }, cluster === '' ? {} : { cluster });
  return new Named(key, 0, attributes, new Map());
}
