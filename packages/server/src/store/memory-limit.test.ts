import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { memoryLimit } from './memory-limit.ts';

const GIB = 2 ** 30;
const MACHINE = 24 * GIB;

describe('the memory that this process may have', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'weir-cgroup-'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  /** What the kernel's files say: the process's groups, and limits by their path below /sys/fs/cgroup. */
  const limitOf = (membership: string, files: Record<string, string>) => {
    writeFileSync(join(root, 'self'), membership);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, 'fs', path)), { recursive: true });
      writeFileSync(join(root, 'fs', path), `${text}\n`);
    }
    return memoryLimit({ membership: join(root, 'self'), groups: join(root, 'fs') }, MACHINE);
  };
  const limited = (gib: number) => ({ bytes: gib * GIB, limited: true });
  const NO_LIMIT = { bytes: MACHINE, limited: false };

  it('is what a container of version 2 allows', () => {
    expect(limitOf('0::/\n', { 'memory.max': String(2 * GIB), 'memory.high': 'max' })).toEqual(limited(2));
  });

  it('is the least of the groups above, and of what is throttled', () => {
    const files = {
      'system.slice/weir.service/memory.max': 'max',
      'system.slice/memory.max': String(4 * GIB),
      'system.slice/weir.service/memory.high': String(3 * GIB),
    };
    expect(limitOf('0::/system.slice/weir.service\n', files)).toEqual(limited(3));
  });

  it('is what a group of version 1 allows, also beside version 2', () => {
    const membership = '9:name=systemd:/\n4:cpu,memory:/docker/abc\n0::/\n';
    const files = {
      'memory/docker/abc/memory.limit_in_bytes': String(GIB),
      'memory/memory.limit_in_bytes': '9223372036854771712',
    };
    expect(limitOf(membership, files)).toEqual(limited(1));
  });

  it("is that of the container where the group's path is the host's", () => {
    expect(limitOf('4:memory:/kubepods/pod1/c1\n', { 'memory/memory.limit_in_bytes': String(GIB) })).toEqual(
      limited(1),
    );
    expect(limitOf('0::/../../kubepods/pod1\n', { 'memory.max': String(GIB) })).toEqual(limited(1));
  });

  it('is what the machine has where nothing bounds it, or more is allowed than there is', () => {
    expect(limitOf('0::/\n', { 'memory.max': 'max' })).toEqual(NO_LIMIT);
    expect(limitOf('4:memory:/\n', { 'memory/memory.limit_in_bytes': '9223372036854771712' })).toEqual(NO_LIMIT);
    expect(limitOf('0::/\n', { 'memory.max': String(64 * GIB) })).toEqual(NO_LIMIT);
    expect(limitOf('', {})).toEqual(NO_LIMIT);
    expect(memoryLimit({ membership: '/nonexistent', groups: '/nonexistent' }).bytes).toBe(totalmem());
  });

  it('is nothing that the files do not say', () => {
    expect(limitOf('0::/\nnonsense\n:::\n', { 'memory.max': '-1' })).toEqual(NO_LIMIT);
    expect(limitOf('0::/\n', { 'memory.max': '0' })).toEqual(NO_LIMIT);
  });

  it('is read from the kernel of this machine', () => {
    expect(memoryLimit().bytes).toBeGreaterThan(64 * 2 ** 20);
  });
});
