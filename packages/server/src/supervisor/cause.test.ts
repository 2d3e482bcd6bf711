import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { causeOfEnd, outOfMemoryKills } from './cause.ts';

const ADVICE = 'give Weir more memory, or lower store.memory or store.query.max_memory';

describe('why a process ended', () => {
  it('is its exit code or its signal', () => {
    expect(causeOfEnd(7, null, 0, 1)).toBe('exit 7');
    expect(causeOfEnd(null, 'SIGSEGV', 0, 1)).toBe('SIGSEGV');
  });

  it('is probably want of memory when the kernel has killed for that meanwhile', () => {
    const said = 'SIGKILL, probably out of memory: since it started the kernel has killed';
    expect(causeOfEnd(null, 'SIGKILL', 2, 3)).toBe(`${said} a process for want of it; ${ADVICE}`);
    expect(causeOfEnd(null, 'SIGKILL', 2, 4)).toBe(`${said} 2 processes for want of it; ${ADVICE}`);
  });

  it('is someone else when it has not, and a question where the kernel does not say', () => {
    expect(causeOfEnd(null, 'SIGKILL', 2, 2)).toBe('SIGKILL, sent by a person or a program');
    expect(causeOfEnd(null, 'SIGKILL', undefined, 3)).toBe(`SIGKILL: out of memory? If so, ${ADVICE}`);
  });

  it.runIf(existsSync('/proc/vmstat') && readFileSync('/proc/vmstat', 'utf8').includes('\noom_kill '))(
    'is asked of the kernel where it counts',
    () => expect(outOfMemoryKills()).toBeGreaterThanOrEqual(0),
  );
});
