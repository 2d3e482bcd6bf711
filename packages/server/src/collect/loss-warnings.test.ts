import { describe, expect, it } from 'vitest';
import { lossWarnings } from './loss-warnings.ts';

describe('what was lost between the lanes and the consumers', () => {
  const lost = { files: 2, flows: 1200, name: 'x-7', at: 1000 };

  it('is told with the file, the accounts and the folder, for a day', () => {
    expect(lossWarnings('/spool', lost, undefined, 91_000)).toEqual([
      '2 complete spool files were removed or cut by somebody else, the last x-7, 90 s ago: 1,200 flows are counted as flows_spool_missing or flows_spool_corrupt. Nothing but Weir may touch /spool/writing',
    ]);
    expect(lossWarnings('/spool', lost, undefined, 1000 + 86_400_001)).toEqual([]);
    expect(lossWarnings('/spool', undefined, undefined, 1000)).toEqual([]);
  });

  it('is names that piled up, for ten minutes', () => {
    expect(lossWarnings('/spool', undefined, { files: 1, at: 0 }, 5000)).toEqual([
      'too many names wait for the sinks in /spool/consumers/names/dimensions: 1 file dropped, oldest first, the last 5 s ago. Flows that need them go to the sinks without names until they are announced again. See in the log why the process of the sinks does not take them in',
    ]);
    expect(lossWarnings('/spool', undefined, { files: 1, at: 0 }, 600_001)).toEqual([]);
  });
});
