// Rows of the dimension of exporters, as they change.
import type { DimensionRow } from '@weir/record';
import type { ExporterBook } from './exporter-book.ts';

/** Last-seen times are written again this often, in milliseconds. */
const ALL_MS = 60_000;

export class ExporterRows {
  readonly #book: ExporterBook;
  readonly #written = new Map<string, string>();
  #allAt = Number.NEGATIVE_INFINITY;

  constructor(book: ExporterBook) {
    this.#book = book;
  }

  /** All are to be written again. */
  forget(): void {
    this.#written.clear();
  }

  /** Those that are new or have changed, and now and then all. `now`: milliseconds since 1970, for their version. */
  due(now: number): DimensionRow<'exporters'>[] {
    const all = performance.now() - this.#allAt >= ALL_MS;
    if (all) this.#allAt = performance.now();
    const rows: DimensionRow<'exporters'>[] = [];
    for (const exporter of this.#book.all()) {
      const protocols = exporter.protocols.map((state) => state.protocol).sort();
      const known = `${exporter.node} ${protocols.join(' ')}`;
      if (!all && this.#written.get(exporter.key) === known) continue;
      this.#written.set(exporter.key, known);
      rows.push({
        key: exporter.key,
        address: exporter.address,
        name: exporter.node,
        node: exporter.node,
        group: '',
        site: '',
        protocols: [...new Set(protocols)],
        first_seen: exporter.firstSeen,
        last_seen: exporter.lastSeen,
        demo: exporter.demo ? 1 : 0,
        version: String(now),
      });
    }
    return rows;
  }
}
