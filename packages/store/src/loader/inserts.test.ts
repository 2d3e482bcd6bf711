import { describe, expect, it } from 'vitest';
import { Inserts } from './inserts.ts';

/** An insert that ends when told, and a count of those under way. */
function controlled() {
  const ends: (() => void)[] = [];
  let running = 0;
  let most = 0;
  const insert =
    (fails = false) =>
    async () => {
      most = Math.max(most, ++running);
      await new Promise<void>((resolve) => ends.push(resolve));
      running--;
      if (fails) throw new Error('refused');
    };
  return { ends, insert, most: () => most };
}

describe('inserts side by side', () => {
  it('are never more than the limit', async () => {
    const { ends, insert, most } = controlled();
    const inserts = new Inserts(2);
    await inserts.add(insert());
    await inserts.add(insert());
    const third = inserts.add(insert());
    expect(ends).toHaveLength(2);
    ends[1]();
    await third;
    ends[0]();
    ends[2]();
    await inserts.end();
    expect(most()).toBe(2);
  });

  it('end before a failure is told', async () => {
    const { ends, insert } = controlled();
    const inserts = new Inserts(2);
    await inserts.add(insert(true));
    await inserts.add(insert());
    ends[0]();
    let told = false;
    const end = inserts.end().catch((error: Error) => {
      told = true;
      return error.message;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(inserts.failed).toBe(true);
    expect(told).toBe(false);
    ends[1]();
    expect(await end).toBe('refused');
  });
});
