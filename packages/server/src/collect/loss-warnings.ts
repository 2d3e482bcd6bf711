// What the collecting process lost between its lanes and the consumers, as sentences for the page.
import { consumerFolders, spoolFolders } from '@weir/spool';
import { countText, spanText } from '../operations/words.ts';
import type { Giver } from './account/give.ts';
import { NAMES } from './consumers.ts';

/** Files of names that were dropped because too many waited for the sinks; `at` in milliseconds of this process. */
export interface NamesDropped {
  readonly files: number;
  readonly at: number;
}

/** How long dropped names and lost files are told of, in milliseconds. */
const NAMES_MS = 600_000;
const LOST_MS = 86_400_000;

export function lossWarnings(
  spoolDir: string,
  lost: Giver['lost'],
  names: NamesDropped | undefined,
  now: number,
): string[] {
  const warnings: string[] = [];
  if (lost !== undefined && now - lost.at <= LOST_MS) {
    warnings.push(
      `${countText(lost.files, 'complete spool file')} ${lost.files === 1 ? 'was' : 'were'} removed or cut by somebody else, the last ${lost.name}, ${spanText(now - lost.at)} ago: ` +
        `${countText(lost.flows, 'flow')} are counted as flows_spool_missing or flows_spool_corrupt. Nothing but Weir may touch ${spoolFolders(spoolDir).writing}`,
    );
  }
  if (names !== undefined && now - names.at <= NAMES_MS) {
    warnings.push(
      `too many names wait for the sinks in ${consumerFolders(spoolDir, NAMES).flows.replace(/flows$/, 'dimensions')}: ${countText(names.files, 'file')} dropped, oldest first, the last ${spanText(now - names.at)} ago. ` +
        'Flows that need them go to the sinks without names until they are announced again. See in the log why the process of the sinks does not take them in',
    );
  }
  return warnings;
}
