// Brings a sink's directory to what its state says, before the first delivery of a process and after an attempt that failed: what is behind
// the acknowledged bytes goes, what is complete gets its final name.
import type { Log } from '@weir/spool';
import { PART } from './file-names.ts';
import type { Folder } from './folder.ts';
import { type FilesState, NEW_STATE, type Part } from './state.ts';

export interface Restored {
  readonly state: FilesState;
  /** Files that got their final names. */
  readonly published: readonly Part[];
}

/** `isNew`: of a new process, which begins files of its own. Rejects with SinkError. */
export async function restore(
  folder: Folder,
  stored: FilesState | undefined,
  isNew: boolean,
  log: Log,
): Promise<Restored> {
  const { complete, parts } = await folder.list();
  const published: Part[] = [];
  const publish = async (name: string, bytes: number) => {
    await folder.publish(name);
    published.push({ name, bytes });
  };
  const { full, part, last } = stored ?? NEW_STATE;
  for (const { name, bytes } of full) if (parts.includes(name)) await publish(name, bytes);

  let going = part;
  if (part !== undefined) {
    const bytes = await folder.sizeOf(part.name + PART);
    const details = { file: part.name, folder: folder.path };
    if (bytes === undefined) {
      going = undefined;
      if (!complete.includes(part.name))
        log('warn', 'a file with flows was removed while it was being written', details);
    } else if (bytes < part.bytes) {
      going = undefined;
      log('warn', 'a file with flows was cut by somebody else while it was being written', details);
      await publish(part.name, bytes);
    } else {
      if (bytes > part.bytes) await folder.cut(part);
      if (isNew) {
        going = undefined;
        await publish(part.name, part.bytes);
      }
    }
  }

  const known = new Set([...full, ...(part === undefined ? [] : [part])].map(({ name }) => name));
  for (const name of parts) {
    if (known.has(name)) continue;
    const bytes = (await folder.sizeOf(name + PART)) ?? 0;
    // Without a state nobody knows how much of it is acknowledged: all of it stays, perhaps with the beginning of a flow at its end.
    if (stored === undefined && bytes > 0) {
      log('warn', 'a file without a state: the flow at its end may be cut, and flows may be in it twice', {
        file: name,
      });
      await publish(name, bytes);
    } else await folder.remove(name + PART);
  }
  return { state: { version: 1, full: [], part: going, last }, published };
}
