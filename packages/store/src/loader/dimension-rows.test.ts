import { describe, expect, it } from 'vitest';
import { Dictionaries } from './dimension-rows.ts';

/** Dictionaries over a store that only counts, each reading taking `took` milliseconds of a clock that the test moves. */
function dictionaries(took: number, kind: 'embedded' | 'server' = 'embedded') {
  const clock = { now: 0 };
  const read: string[] = [];
  const store = {
    kind,
    command: async (sql: string) => {
      clock.now += took;
      read.push(sql);
    },
  };
  return { clock, read, made: new Dictionaries(store, () => clock.now) };
}

describe('dictionaries of dimensions', () => {
  it('are read again whenever their table changed while that is quick', async () => {
    const { made, read } = dictionaries(20);
    for (let i = 0; i < 3; i++) {
      made.changed('entities');
      await made.read();
      await made.read();
    }
    expect(read).toEqual(new Array(3).fill('SYSTEM RELOAD DICTIONARY weir.entities_dict'));
  });

  it('rest ten times as long as reading took when they are large, and are read after', async () => {
    const { made, read, clock } = dictionaries(1000);
    made.changed('entities');
    await made.read();
    made.changed('entities');
    made.changed('strings');
    clock.now = 10_999;
    await made.read();
    expect(read.map((sql) => sql.split('.')[1])).toEqual(['entities_dict', 'strings_dict']);
    await made.read();
    expect(read).toHaveLength(3);
  });

  it('of a server are left to it', async () => {
    const { made, read } = dictionaries(1, 'server');
    made.changed('entities');
    await made.read();
    expect(read).toEqual([]);
  });
});
