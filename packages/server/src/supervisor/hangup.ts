// SIGHUP: by custom it asks a daemon to read its configuration again, and it is what a process gets whose terminal was closed.
import { closeSync, openSync } from 'node:fs';

export interface HangupHooks {
  onReload(): void;
  onTerminalGone(): void;
}

/** Acts on SIGHUP until the function that it answers is called. */
export function onHangup({ onReload, onTerminalGone }: HangupHooks): () => void {
  const hadTerminal = hasTerminal();
  const listener = () => {
    if (hadTerminal && !hasTerminal()) onTerminalGone();
    else onReload();
  };
  process.on('SIGHUP', listener);
  return () => process.off('SIGHUP', listener);
}

/** A terminal that was closed cannot be opened any more. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}
