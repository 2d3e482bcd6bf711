// What the log has been told of a spool that cannot be written. The same cause comes back every second, with another file's name each time.
import { asSpoolError } from '@weir/spool';

export class ToldProblems {
  readonly #told = new Set<string>();

  /** Whether the log has not been told of this cause (disk full, not writable, …) since the last time all was well. */
  isNew(error: Error): boolean {
    const { code } = asSpoolError(error, 'write the spool');
    // "Any other failure" is no cause: there the system's own word tells them apart.
    const cause = code === 'io' ? `${code} ${systemCode(error)}` : code;
    if (this.#told.has(cause)) return false;
    this.#told.add(cause);
    return true;
  }

  /** All was written: what fails from now on is news. */
  over(): void {
    this.#told.clear();
  }
}

function systemCode(error: Error): string {
  const inner = error.cause instanceof Error ? error.cause : error;
  return 'code' in inner ? String(inner.code) : error.message;
}
