// The definitions of the embedded store's tables: small files that the engine reads at its start, without a checksum. With one of them
// damaged it does not start; with one of them gone it starts without the table, and Weir would make an empty one in its place. So a copy of
// all is kept beside them, written whenever the tables are known to be good, and used when they are not.
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

const COPY = 'weir-definitions.json';
/** Where a definition goes that was replaced, for whoever wants to know. */
const ASIDE = 'weir-damaged';
const DATABASE_FILE = 'metadata/weir.sql';

/** Texts by path, relative to the store's directory. */
type Definitions = ReadonlyMap<string, string>;

const uuidIn = (text: string): string | undefined => /UUID '([0-9a-f-]{36})'/.exec(text)?.[1];
/** Directory of what has this UUID. */
export const directoryOf = (uuid: string): string => join('store', uuid.slice(0, 3), uuid);

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** The definitions that are there: of the database, of its tables and dictionaries, and the format of each table's directory. */
function present(dir: string): Definitions {
  const found = new Map<string, string>();
  const take = (path: string): string | undefined => {
    const text = read(join(dir, path));
    if (text !== undefined) found.set(path, text);
    return text;
  };
  const database = uuidIn(take(DATABASE_FILE) ?? '');
  if (database === undefined) return found;
  const folder = directoryOf(database);
  for (const name of existsSync(join(dir, folder)) ? readdirSync(join(dir, folder)) : []) {
    if (!name.endsWith('.sql')) continue;
    const table = uuidIn(take(join(folder, name)) ?? '');
    if (table !== undefined) take(join(directoryOf(table), 'format_version.txt'));
  }
  return found;
}

const sumOf = (files: unknown): string => createHash('sha256').update(JSON.stringify(files)).digest('hex');

function readCopy(dir: string): Definitions | undefined {
  try {
    const { files, sha256 } = JSON.parse(readFileSync(join(dir, COPY), 'utf8')) as {
      readonly files: readonly (readonly [string, string])[];
      readonly sha256: string;
    };
    return sumOf(files) === sha256 ? new Map(files) : undefined;
  } catch {
    // None, or damaged itself: the next one is written when the tables are known to be good.
    return undefined;
  }
}

/** Notes the definitions as they are. To be called when the engine has opened the store. Throws what writing throws. */
export function saveDefinitions(dir: string): void {
  const files = [...present(dir)].sort(([a], [b]) => (a < b ? -1 : 1));
  const text = JSON.stringify({ sha256: sumOf(files), files });
  if (read(join(dir, COPY)) === text) return;
  const path = join(dir, `${COPY}.tmp`);
  const fd = openSync(path, 'w', 0o600);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(path, join(dir, COPY));
}

/** Takes the copy away: to be called before tables are replaced by others of the same name. */
export function forgetDefinitions(dir: string): void {
  rmSync(join(dir, COPY), { force: true });
}

/** What was put back, and what cannot be. */
export interface Restored {
  /** Paths of definitions that were put back from the copy. */
  readonly files: readonly string[];
  /** Names of tables whose data directory is gone: the engine makes an empty one. */
  readonly emptied: readonly string[];
}

function putBack(dir: string, path: string, text: string): void {
  const target = join(dir, path);
  const aside = join(dir, ASIDE, path);
  mkdirSync(dirname(target), { recursive: true });
  if (existsSync(target)) {
    mkdirSync(dirname(aside), { recursive: true, mode: 0o700 });
    renameSync(target, aside);
  }
  writeFileSync(target, text, { mode: 0o640 });
}

/**
 * Puts back definitions from the copy, before the engine starts: those that are gone or say that their table is elsewhere; with
 * `all`, after the engine failed to start, every one that is not as it was. Throws what writing throws.
 */
export function restoreDefinitions(dir: string, all = false): Restored {
  const copy = readCopy(dir);
  if (copy === undefined) return { files: [], emptied: [] };
  const emptied = [...copy].flatMap(([path, text]) => {
    const uuid = /^ATTACH TABLE/.test(text) ? uuidIn(text) : undefined;
    const gone = uuid !== undefined && !existsSync(join(dir, directoryOf(uuid)));
    return gone ? [path.slice(path.lastIndexOf('/') + 1, -'.sql'.length)] : [];
  });
  const files: string[] = [];
  for (const [path, text] of copy) {
    const now = read(join(dir, path));
    const lost = path.endsWith('.sql') && (now === undefined || uuidIn(now) !== uuidIn(text));
    if (!lost && !(all && now !== text)) continue;
    putBack(dir, path, text);
    files.push(path);
  }
  return { files, emptied };
}
