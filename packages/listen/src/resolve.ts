// Hosts as people write them to addresses that a socket can be bound to.
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { ListenError } from './errors.ts';

export interface ResolvedBind {
  /** As configured, for messages and stats. */
  readonly host: string;
  /** An IPv4 or IPv6 address. */
  readonly address: string;
  readonly family: 4 | 6;
  readonly port: number;
}

/** Resolves each host once. Throws ListenError `bad_address`. */
export async function resolveBinds(
  binds: readonly { readonly host: string; readonly port: number }[],
): Promise<ResolvedBind[]> {
  return Promise.all(
    binds.map(async ({ host, port }) => {
      if (!Number.isInteger(port) || port < 0 || port > 65_535) {
        throw new ListenError(
          'bad_address',
          `${port} is not a UDP port; change the setting listen.ports (--listen-ports)`,
        );
      }
      const family = isIP(host);
      // A zone would need the scope id in the bind and says nothing a plain address does not: exporters use global addresses.
      if (family !== 0 && !host.includes('%')) return { host, address: host, family: family === 4 ? 4 : 6, port };
      try {
        const found = await lookup(host);
        return { host, address: found.address, family: found.family === 4 ? 4 : 6, port };
      } catch (cause) {
        throw new ListenError(
          'bad_address',
          `"${host}" is no address and does not resolve to one; change the setting listen.host (--listen-host)`,
          { cause },
        );
      }
    }),
  );
}
