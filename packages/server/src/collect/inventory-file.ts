// The static inventory file: read at start and again whenever it changes.
import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { type Inventory, InventoryError, parseInventory } from '@weir/enrich';
import { parse, YAMLParseError } from 'yaml';
import { ServerError } from '../errors.ts';

/** How often the file is looked at, in milliseconds: polling works on every file system, ConfigMap mounts included. */
const POLL_MS = 2000;

/** The inventory in a YAML file. Throws ServerError that names the file and the mistakes. */
export function readInventory(path: string): Inventory {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? error.code : error;
    throw new ServerError('file_unreadable', `inventory: cannot read ${path} (${why})`);
  }
  try {
    return parseInventory(parse(text));
  } catch (error) {
    if (error instanceof YAMLParseError || error instanceof InventoryError) {
      throw new ServerError('config_invalid', `inventory: ${path}: ${error.message}`);
    }
    throw error;
  }
}

/** Calls back with each new content, and with the mistakes of one that cannot be used. Returns what ends it. */
export function watchInventory(
  path: string,
  onChange: (inventory: Inventory) => void,
  onError: (error: Error) => void,
): () => void {
  const listener = () => {
    try {
      onChange(readInventory(path));
    } catch (error) {
      onError(error instanceof Error ? error : new Error(String(error)));
    }
  };
  watchFile(path, { interval: POLL_MS, persistent: false }, listener);
  return () => unwatchFile(path, listener);
}
