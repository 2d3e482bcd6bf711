// For tests: an embedded store with flows, roll-ups, dimensions and a ledger, made once and copied for each damage that is done to it.

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { STORE } from '@weir/spool';
import { type LedgerEntry, LedgerTable } from '../ledger/ledger-table.ts';
import { ROLLUPS } from '../schema/tables.ts';
import { openStore, type Store } from '../store.ts';

/** The first of three hours that have flows. */
export const FIRST_HOUR = Date.UTC(2026, 10, 20, 10);
export const HOUR_MS = 3_600_000;
export const EXPORTERS = ['1', '2', '3'] as const;
/** Flows of each exporter in each hour, from two inserts: two parts. */
export const FLOWS_PER_EXPORTER = 20_000;
export const FLOWS = FLOWS_PER_EXPORTER * EXPORTERS.length * 3;

/** Fills a migrated store. */
export async function fillStore(store: Store): Promise<void> {
  const ledger: LedgerEntry[] = [];
  for (let hour = 0; hour < 3; hour++) {
    const time = FIRST_HOUR + hour * HOUR_MS;
    for (let insert = 0; insert < 2; insert++) {
      await store.command(
        `INSERT INTO weir.flows (time_received, exporter, src_entity, dst_entity, flow_id, bytes, packets)
         SELECT fromUnixTimestamp64Milli(${time} + intDiv(number * 3600000, 30000), 'UTC'), 1 + number % 3,
           sipHash64(number % 500), sipHash64(number % 300), sipHash64(number, ${insert}, ${hour}), number, 1 FROM numbers(30000)`,
      );
    }
    for (const exporter of EXPORTERS) {
      const row = { time, collector: 'store', exporter, consumer: STORE } as const;
      ledger.push({ ...row, account: 'flows_stored', count: FLOWS_PER_EXPORTER });
    }
  }
  await new LedgerTable(store).add([{ name: 'flows_stored all', rows: ledger }]);
  const until = (FIRST_HOUR + 3 * HOUR_MS) / 1000;
  for (const { resolution, seconds, table } of ROLLUPS) {
    await store.command(
      `INSERT INTO weir.${table.name} (time, exporter, src_entity, dst_entity, flows, bytes)
       SELECT toStartOfInterval(time_received, INTERVAL ${seconds} SECOND) AS time, exporter, src_entity, dst_entity, count(), sum(bytes)
       FROM weir.flows GROUP BY ALL`,
    );
    await store.command(`INSERT INTO weir.rollup_state VALUES ('${resolution}', 'until', 0, ${until}, 0, 1)`);
  }
  await store.command(
    "INSERT INTO weir.exporters (key, name) SELECT number, concat('router-', toString(number)) FROM numbers(4)",
  );
  await store.command(
    "INSERT INTO weir.entities (key, cluster, name) SELECT number, 'c', toString(number) FROM numbers(5000)",
  );
}

/** Stores that are copies of one, each in a folder of its own. */
export class StoreCopies {
  readonly #root = mkdtempSync(join(tmpdir(), 'weir-damaged-'));
  #copies = 0;

  /** Makes the store that the others are copies of. */
  async make(): Promise<void> {
    const store = openStore({ path: join(this.#root, 'whole') });
    await store.migrate();
    await fillStore(store);
    await store.close();
  }

  /** Directory of a fresh copy, which nobody has open. */
  copy(): string {
    const path = join(this.#root, `copy-${this.#copies++}`);
    cpSync(join(this.#root, 'whole'), path, { recursive: true, verbatimSymlinks: true });
    return path;
  }

  remove(): void {
    rmSync(this.#root, { recursive: true, force: true });
  }
}

/** Files of a store, relative to its directory, in the order of their names; not those that its links lead to once more. */
export function filesBelow(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)))
    .filter((file) => !/^(data|metadata\/weir)\//.test(file))
    .sort();
}

/** Files of the parts in use of a table, by the place that its definition names: names of parts alone say nothing of their table. */
export function partFiles(dir: string, table: string): string[] {
  const files = filesBelow(dir);
  const definition = files.find((file) => file.endsWith(`/${table}.sql`)) ?? '';
  const uuid = /UUID '([0-9a-f-]{36})'/.exec(readFileSync(join(dir, definition), 'utf8'))?.[1];
  return files.filter((file) => file.includes(`/${uuid}/`) && /\/(\d+|all)_\d+_\d+_\d+(_\d+)?\//.test(file));
}

/** Such a file of the first part of flows' first hour, in the engine's order. */
export function firstFlows(dir: string, file: string): string {
  const found = partFiles(dir, 'flows').find((path) => path.endsWith(`_1_1_0/${file}`));
  if (found === undefined) throw new Error(`no ${file} of the first part of flows in ${dir}`);
  return found;
}

export type Harm = 'flip' | 'cut' | 'zero' | 'remove';

/** Harms a file: turns a bit of the byte at `place` (0 to 1), cuts it there, fills it with zeros, or removes it. */
export function harm(path: string, how: Harm, place = 0.5): void {
  const { size } = statSync(path);
  if (how === 'remove') rmSync(path);
  else if (how === 'cut') truncateSync(path, Math.floor(size * place));
  else if (how === 'zero') writeFileSync(path, Buffer.alloc(size));
  else {
    const bytes = readFileSync(path);
    if (size > 0) bytes[Math.min(size - 1, Math.floor(size * place))] ^= 0x10;
    writeFileSync(path, bytes);
  }
}
