// Where the store is, in the data directory or at the server that the configuration names, and how it is opened.
import { availableParallelism } from 'node:os';
import type { StoreOptions, StoreTarget } from '@weir/store';
import type { Directories } from '../child.ts';
import type { Config } from '../config/schema.ts';
import { memoryLimit } from './memory-limit.ts';
import { storeMemory } from './memory-share.ts';

/** A user and a password inside the URL are taken out of it, so that no message about the server shows them. */
export function storeTarget({ store }: Pick<Config, 'store'>, directories: Directories): StoreTarget {
  if (store.url === undefined) return { path: directories.store };
  const url = new URL(store.url);
  const username = decodeURIComponent(url.username) || store.username;
  const password = decodeURIComponent(url.password) || store.password;
  if (url.username === '' && url.password === '') return { url: store.url, username, password };
  url.username = '';
  url.password = '';
  return { url: url.href, username, password };
}

/** How the store is opened, by whichever process does. Throws ServerError `config_invalid` where there is too little memory. */
export function storeOptions({ store }: Config): StoreOptions {
  const { max_time, max_rows, concurrency, max_memory } = store.query;
  // A server's memory is not this machine's.
  const memory = store.url === undefined ? storeMemory(store, memoryLimit()) : undefined;
  const query = memory?.query ?? (max_memory === 'auto' ? undefined : max_memory);
  return {
    ...(memory === undefined ? {} : { maxMemoryBytes: memory.store }),
    queries: concurrency,
    mergeThreads: Math.max(1, Math.floor(availableParallelism() / 2)),
    limits: {
      ...(query === undefined ? {} : { maxMemoryBytes: query }),
      maxSeconds: max_time / 1000,
      maxRowsToRead: max_rows,
    },
  };
}
