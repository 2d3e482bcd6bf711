// Processes before this one that were killed: found, accounted for, and what they left undone taken over.
import { existsSync, renameSync } from 'node:fs';
import { leftIn, ownerOfName, salvage } from '@weir/spool';
import type { Logger } from '../../log.ts';
import type { Replay } from '../messages.ts';
import type { Giver } from './give.ts';
import { deadProcesses, type ProcessFiles, processFiles } from './process-files.ts';
import { type Left, type Recovered, recoverProcess } from './recover.ts';

export interface RecoveryOptions {
  /** The spool directory. */
  readonly dir: string;
  readonly collector: string;
  /** Of this process. */
  readonly files: ProcessFiles;
  readonly giver: Giver;
  readonly log: Logger;
  /** Runs each step: a spool that cannot be written keeps one of them for later, and none of the others. */
  readonly guard: (step: () => void) => void;
}

export class Recovery {
  readonly #options: RecoveryOptions;
  /** How many replays this process has taken over. */
  #inherited = 0;

  constructor(options: RecoveryOptions) {
    this.#options = options;
  }

  /** Accounts for processes that were killed. Answers by lane what they had taken from the kernel and not done. */
  recover(lanes: number): Replay[][] {
    const { dir, files, collector, giver, guard } = this.#options;
    const replays: Replay[][] = Array.from({ length: lanes }, () => []);
    for (const token of deadProcesses(dir, files.token)) {
      guard(() => {
        const dead = processFiles(dir, token);
        const inherit = (left: Left) => replays[left.lane % lanes].push(this.#inherit(left, left.lane % lanes));
        this.#tell(recoverProcess(dir, dead, collector, giver, inherit));
      });
    }
    return replays;
  }

  /** Takes over what another process left undone: from now on it is this one's, also if this one is killed. */
  #inherit({ path, done }: Left, lane: number): Replay {
    const number = this.#inherited++;
    const own = this.#options.files.replay(lane, number, done);
    renameSync(path, own);
    return { path: own, number, done };
  }

  #tell({ flowsLost, datagramsLost, flowsSalvaged, files }: Recovered): void {
    this.#options.log.warn(
      { flowsLost, datagramsLost, flowsSalvaged, files },
      'accounted for a collecting process that was killed: what was in its memory is lost and counted, its files go on',
    );
  }

  /** Gives files of processes that have no folder any more. Those with one still write them, or are accounted for with it. */
  giveOrphans(): void {
    const { dir, giver, guard } = this.#options;
    guard(() => {
      for (const name of leftIn(dir)) {
        if (existsSync(processFiles(dir, ownerOfName(name).token).folder)) continue;
        const manifest = salvage(dir, name);
        if (manifest !== undefined) giver.give(manifest);
      }
    });
  }
}
