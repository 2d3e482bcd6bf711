import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { WriteGate } from './write-gate.ts';

/** Something that is held open until told. */
function held(): { readonly work: () => Promise<void>; release(): void } {
  let release = (): void => {};
  const done = new Promise<void>((resolve) => {
    release = resolve;
  });
  return { work: () => done, release: () => release() };
}

describe('the gate of writes', () => {
  it('lets writes run side by side', async () => {
    const gate = new WriteGate();
    const first = held();
    const running = gate.shared(first.work);
    expect(await gate.shared(async () => 'second')).toBe('second');
    first.release();
    await running;
  });

  it('lets one in alone when the others have ended, before those that came later', async () => {
    const gate = new WriteGate();
    const first = held();
    const order: string[] = [];
    const writes = [
      gate.shared(first.work).then(() => order.push('first')),
      gate.exclusive(async () => order.push('alone')),
      gate.shared(async () => order.push('later')),
    ];
    await sleep(1);
    expect(order).toEqual([]);
    first.release();
    await Promise.all(writes);
    expect(order).toEqual(['first', 'alone', 'later']);
  });

  it('lets writes of a work through that is inside already, so that it can end', async () => {
    const gate = new WriteGate();
    const first = held();
    const order: string[] = [];
    const together = gate.shared(async () => {
      await first.work();
      await gate.shared(async () => order.push('inner'));
    });
    const alone = gate.exclusive(async () => {
      await gate.shared(async () => order.push('inside alone'));
    });
    first.release();
    await Promise.all([together, alone]);
    expect(order).toEqual(['inner', 'inside alone']);
  });

  it('gives up when a write goes on for too long, and lets the others in again', async () => {
    const gate = new WriteGate();
    const first = held();
    const running = gate.shared(first.work);
    await expect(gate.exclusive(async () => {}, 5)).rejects.toMatchObject({ code: 'overloaded' });
    expect(await gate.shared(async () => 'again')).toBe('again');
    first.release();
    await running;
    expect(await gate.exclusive(async () => 'alone')).toBe('alone');
  });

  it('opens after a failure on either side', async () => {
    const gate = new WriteGate();
    const fail = async () => {
      throw new Error('no');
    };
    await expect(gate.shared(fail)).rejects.toThrow('no');
    await expect(gate.exclusive(fail)).rejects.toThrow('no');
    expect(await gate.shared(async () => 1)).toBe(1);
  });
});
