// What a sink has written and counted, read back the plain way, for tests.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { consumerFolders, readLedger, STORE } from '@weir/spool';

/** Text of all files in a directory, complete ones and those being written; the state and the like apart. */
export function writtenIn(path: string, which = /^[^.]/): string[] {
  return readdirSync(path)
    .filter((file) => which.test(file))
    .sort()
    .map((file) => {
      const bytes = readFileSync(join(path, file));
      return (/\.gz(\.part)?$/.test(file) ? gunzipSync(bytes) : bytes).toString();
    });
}

/** The flows of NDJSON files. */
export function flowsIn(path: string): Record<string, unknown>[] {
  return writtenIn(path).flatMap((text) =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>),
  );
}

/** How often each flow id is there. */
export function idCounts(ids: readonly unknown[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const id of ids) counts.set(Number(id), (counts.get(Number(id)) ?? 0) + 1);
  return counts;
}

/** What a consumer's files ended as: flows by account and exporter, from the ledger's files in the spool. */
export function countedFor(dir: string, consumer: string): Map<string, number> {
  const { ledger } = consumerFolders(dir, STORE);
  const counts = new Map<string, number>();
  for (const file of readdirSync(ledger)) {
    for (const row of readLedger(join(ledger, file)) ?? []) {
      if (row.consumer !== consumer) continue;
      const key = `${row.account} ${row.exporter}`;
      counts.set(key, (counts.get(key) ?? 0) + row.count);
    }
  }
  return counts;
}
