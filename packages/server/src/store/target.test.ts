import { describe, expect, it } from 'vitest';
import { loadConfig } from '../config/load.ts';
import { storeTarget } from './target.ts';

const directories = { data: '/data', spool: '/data/spool', store: '/data/store' };
const target = (env: Record<string, string>) => storeTarget(loadConfig({ env, flags: {} }), directories);

describe('the store', () => {
  it('is in the data directory, or the server that is named, with its user', () => {
    expect(target({})).toEqual({ path: '/data/store' });
    expect(target({ WEIR_STORE_URL: 'https://db:8443/x', WEIR_STORE_PASSWORD: 's3cret' })).toEqual({
      url: 'https://db:8443/x',
      username: 'default',
      password: 's3cret',
    });
  });

  it('has its password out of its URL, which messages show', () => {
    expect(target({ WEIR_STORE_URL: 'https://weir:s%2Fcret@db:8443/x' })).toEqual({
      url: 'https://db:8443/x',
      username: 'weir',
      password: 's/cret',
    });
  });
});
