import { describe, expect, it } from 'vitest';
import { SideBySide } from './side-by-side.ts';

/** A delivery that ends when told, and a count of those under way. */
function controlled() {
  const ends: (() => void)[] = [];
  let running = 0;
  let most = 0;
  const deliver =
    (fails = false) =>
    async () => {
      most = Math.max(most, ++running);
      await new Promise<void>((resolve) => ends.push(resolve));
      running--;
      if (fails) throw new Error('refused');
    };
  return { ends, deliver, most: () => most };
}

describe('deliveries side by side', () => {
  it('are never more than the limit', async () => {
    const { ends, deliver, most } = controlled();
    const deliveries = new SideBySide(2);
    await deliveries.add(deliver());
    await deliveries.add(deliver());
    const third = deliveries.add(deliver());
    expect(ends).toHaveLength(2);
    ends[1]();
    await third;
    ends[0]();
    ends[2]();
    await deliveries.end();
    expect(most()).toBe(2);
  });

  it('end before a failure is told', async () => {
    const { ends, deliver } = controlled();
    const deliveries = new SideBySide(2);
    await deliveries.add(deliver(true));
    await deliveries.add(deliver());
    ends[0]();
    let told = false;
    const end = deliveries.end().catch((error: Error) => {
      told = true;
      return error.message;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(deliveries.failed).toBe(true);
    expect(told).toBe(false);
    ends[1]();
    expect(await end).toBe('refused');
  });
});
