// Where the store is: in the data directory, or the server that the configuration names.
import type { StoreTarget } from '@weir/store';
import type { Directories } from '../child.ts';
import type { Config } from '../config/schema.ts';

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
