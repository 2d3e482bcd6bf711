// The one error type of this package.

export type ListenErrorCode =
  /** Something else already receives on this address and port. */
  | 'port_taken'
  /** The system forbids it (a port below 1024, a security policy). */
  | 'not_permitted'
  /** The host is no address, does not resolve, or is not an address of this machine. */
  | 'bad_address'
  /** A socket that systemd opened for this program cannot be used. */
  | 'bad_activation'
  /** The backend asked for cannot work on this system. */
  | 'backend_unavailable'
  /** Any other failure of the system; the message names the call. */
  | 'socket_failed';

export class ListenError extends Error {
  override readonly name = 'ListenError';
  readonly code: ListenErrorCode;

  constructor(code: ListenErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** `127.0.0.1:2055`, `[::1]:2055`. */
export function endpointText(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * The error for a bind that failed with a system error name (`EADDRINUSE`, …). Says where the address is set, so that the
 * person who reads it knows what to change.
 */
export function bindError(host: string, port: number, systemCode: string, cause?: unknown): ListenError {
  const at = `UDP ${endpointText(host, port)}`;
  switch (systemCode) {
    case 'EADDRINUSE':
      return new ListenError(
        'port_taken',
        `${at} is taken by another program; stop it (ss -lunp "sport = :${port}" names it) or choose another port with the setting listen.ports (--listen-ports)`,
        { cause },
      );
    case 'EACCES':
    case 'EPERM':
      return new ListenError(
        'not_permitted',
        `not permitted to receive on ${at}${port < 1024 ? ': ports below 1024 need CAP_NET_BIND_SERVICE' : ''}; choose another port with the setting listen.ports (--listen-ports)`,
        { cause },
      );
    case 'EADDRNOTAVAIL':
      return new ListenError(
        'bad_address',
        `${host} is not an address of this machine; change the setting listen.host (--listen-host)`,
        { cause },
      );
    case 'EAFNOSUPPORT':
      return new ListenError(
        'bad_address',
        `this machine has no support for the address ${host}; change the setting listen.host (--listen-host)`,
        {
          cause,
        },
      );
    default:
      return new ListenError('socket_failed', `cannot receive on ${at}: ${systemCode}`, { cause });
  }
}
