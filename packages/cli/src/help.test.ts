import { describe, expect, it } from 'vitest';
import { runWeir } from './testing.ts';

// Run with -u to take changed help in; read it as a user would first.
describe('the help', () => {
  it.each(['decode', 'send', 'fields'])('of %s reads as it is meant to', async (command) => {
    const { code, stdout } = await runWeir([command, '--help']);
    await expect(stdout).toMatchFileSnapshot(`help/${command}.txt`);
    expect(code).toBe(0);
  });

  it('fits a terminal of 80 columns', async () => {
    for (const command of ['decode', 'send', 'fields']) {
      const { stdout } = await runWeir([command, '--help']);
      expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    }
  });

  it('lists the commands and the exit codes', async () => {
    const { stdout } = await runWeir(['--help']);
    expect(stdout).toMatch(/^ {2}decode +print the flows in capture files, without a store$/m);
    expect(stdout).toMatch(/^ {2}3 {2}done, but part of the input could not be decoded$/m);
  });
});
