// What can be damaged below Weir's data directory, by what it is.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

export interface Target {
  /** What it is, for people. */
  readonly what: string;
  readonly path: string;
  /** Targets of one set hold the same in two forms: with both of them damaged nobody can say what it was. */
  readonly set: string;
}

/** Relative to the data directory. The first group is the set. */
const SPOOL: readonly (readonly [what: string, path: RegExp])[] = [
  ['flow files', /^(spool\/consumers\/[^/]+\/flows\/[^/]+)\.native$/],
  ['manifests', /^(spool\/consumers\/[^/]+\/flows\/[^/]+)\.json$/],
  ['ledger files', /^spool\/consumers\/[^/]+\/ledger(?:-copy)?\/([^/]+)\.jsonl$/],
  ['dimension files', /^(spool\/consumers\/[^/]+\/dimensions\/[^/]+\/[^/]+)\.jsonl$/],
  ['what lanes know', /^(spool\/lanes\/(?:decoder-[^/]+\.state|drops-\d+))$/],
  ['statuses', /^(spool\/(?:status\/[^/]+\.json|generation))$/],
  ['notes of the store', /^(clock\.json|store\/weir-definitions\.json)$/],
];
/** Without the ledger: what it loses with a part of its own is told, and no account has it. */
const PART =
  /^(store\/data\/weir\/(flows|flows_1m|flows_5m|flows_1h|entities|exporters|strings|rollup_state)\/\d[^/]*_\d+)\/[^/]+$/;

function* filesBelow(folder: string, path = ''): Generator<string> {
  let entries: import('node:fs').Dirent[];
  try {
    entries = readdirSync(join(folder, path), { withFileTypes: true });
  } catch {
    // Gone meanwhile: a part that was merged, a folder that was removed.
    return;
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const below = path === '' ? entry.name : `${path}/${entry.name}`;
    if (entry.isFile()) yield below;
    // Tables are links to where their parts lie.
    else yield* filesBelow(folder, below);
  }
}

/**
 * Files of the spool that may be damaged, by what they are. Not those that are being delivered: whether the flows of one are in the store, only
 * the file itself can tell when the process is killed in that moment.
 */
export function spoolTargets(data: string): Map<string, Target[]> {
  const files = [...filesBelow(data, 'spool'), 'clock.json', 'store/weir-definitions.json'];
  const claimed = new Set(
    files.filter((file) => file.endsWith('.claimed')).map((file) => file.replace(/claimed$/, 'json')),
  );
  return Map.groupBy(
    files.flatMap((path): Target[] => {
      for (const [what, pattern] of SPOOL) {
        const match = pattern.exec(path);
        if (match !== null && !claimed.has(path)) return [{ what, path: join(data, path), set: match[1] }];
      }
      return [];
    }),
    ({ what }) => what,
  );
}

/** Files of parts of the embedded store, by their table. */
export function storeTargets(data: string): Map<string, Target[]> {
  return Map.groupBy(
    [...filesBelow(data, 'store/data/weir')].flatMap((path): Target[] => {
      const [, part, table] = PART.exec(path) ?? [];
      return table === undefined ? [] : [{ what: `parts of ${table}`, path: join(data, path), set: part }];
    }),
    ({ what }) => what,
  );
}
