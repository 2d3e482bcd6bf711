// Whether ports can be had, asked before lanes share them: with SO_REUSEPORT a second collector would bind without an error and
// silently take half of the datagrams.
import { createSocket } from 'node:dgram';
import { bindError } from './errors.ts';
import { resolveBinds } from './resolve.ts';

/**
 * Binds each port alone and lets go of it. Call once in the supervising thread before it starts more than one lane.
 * Throws the ListenError that `openListener` would: `port_taken`, `not_permitted`, `bad_address`.
 */
export async function assertPortsFree(
  binds: readonly { readonly host: string; readonly port: number }[],
): Promise<void> {
  for (const bind of await resolveBinds(binds)) {
    const socket = createSocket({
      type: bind.family === 4 ? 'udp4' : 'udp6',
      ipv6Only: bind.family === 6 && bind.address !== '::',
    });
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        socket.bind({ address: bind.address, port: bind.port, exclusive: true }, resolve);
      });
    } catch (cause) {
      throw bindError(bind.host, bind.port, (cause as NodeJS.ErrnoException).code ?? 'unknown error', cause);
    } finally {
      await new Promise<void>((resolve) => socket.close(() => resolve()));
    }
  }
}
