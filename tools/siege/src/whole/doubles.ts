// How many flows a stopped Weir has stored more than once.

import { fileURLToPath } from 'node:url';
import { run } from '@weir/conformance/system';
import type { StoredFlows } from './count-stored.ts';

const COUNT = fileURLToPath(new URL('./count-stored.ts', import.meta.url));

/** @param last number of the last flow that was sent */
export function doubled(storePath: string, last: number): StoredFlows {
  const printed = run(process.execPath, ['--disable-warning=ExperimentalWarning', COUNT, storePath, String(last)]);
  return JSON.parse(printed) as StoredFlows;
}
