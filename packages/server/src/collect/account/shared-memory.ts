// Memory that outlives the process, where it can be had.
import { LibcError, type MappedFile, mapFile } from '@weir/libc';

/**
 * Maps a file; undefined where the system cannot, or the disk has no room or cannot be written. Then what is counted goes with the process,
 * and no more than that.
 */
export function mapOrUndefined(path: string, bytes: number): MappedFile | undefined {
  try {
    return mapFile(path, bytes);
  } catch (error) {
    if (error instanceof LibcError) return undefined;
    throw error;
  }
}
