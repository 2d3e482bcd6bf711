// What the protocols need to know to restore their part of a saved state.
import type { MessageContext } from '../decoder.ts';
import type { Usage } from '../usage.ts';

export interface Restoring {
  /** Its exporter is the one that is restored. */
  readonly context: MessageContext;
  /** Milliseconds between saving and now. */
  readonly elapsed: number;
  /** Whether something that was last used then has outlived its time. */
  isExpired(usage: Usage): boolean;
}
