import { describe, expect, it } from 'vitest';
import { DropCounter } from './drop-counter.ts';
import { receiveBufferWarning } from './receive-buffer.ts';

describe('the drop counter', () => {
  it('goes on counting when the kernel’s 32 bits wrap', () => {
    const drops = new DropCounter();
    for (const reading of [0x7fffffff, 0xfffffff0, 5]) drops.observe(reading);
    expect(drops.total).toBe(2 ** 32 + 5);
  });

  it('ignores a reading that is older than another', () => {
    const drops = new DropCounter();
    for (const reading of [100, 90, 100, 101]) drops.observe(reading);
    expect(drops.total).toBe(101);
  });
});

describe('the drop counter of a socket that others used before', () => {
  it('counts from the reading on up to which they counted, also when that is about to wrap', () => {
    const drops = new DropCounter(0xffffff00);
    for (const reading of [0xfffffe00, 0xffffff00, 0xffffff10]) drops.observe(reading);
    expect([drops.total, drops.reading]).toEqual([0x10, 0xffffff10]);
    drops.observe(0x20);
    expect([drops.total, drops.reading]).toEqual([0x120, 0x20]);
  });
});

describe('the receive buffer warning', () => {
  it('names the sysctl with the size that is wanted', () => {
    const text = receiveBufferWarning(134_217_728, 212_992, ['127.0.0.1:2055']);
    expect(text).toContain('sysctl -w net.core.rmem_max=134217728');
    expect(text).toContain('127.0.0.1:2055 is 208 KiB instead of 128 MiB');
  });

  it('is silent when the kernel granted it', () => {
    expect(receiveBufferWarning(1 << 20, 1 << 20, [])).toBeUndefined();
  });
});
