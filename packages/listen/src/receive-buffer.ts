// What to tell the operator when the kernel grants a smaller receive buffer than was asked for.

/** The warning, or undefined when the kernel granted what was wanted. Bytes. */
export function receiveBufferWarning(
  wanted: number,
  granted: number,
  endpoints: readonly string[],
): string | undefined {
  if (granted >= wanted) return undefined;
  return (
    `receive buffer of ${endpoints.join(', ')} is ${sizeText(granted)} instead of ${sizeText(wanted)}: bursts may be dropped. ` +
    `Allow it with: sysctl -w net.core.rmem_max=${wanted} (or run with CAP_NET_ADMIN), or set listen.receive_buffer lower`
  );
}

function sizeText(bytes: number): string {
  return bytes >= 1 << 20 ? `${Math.round((bytes / (1 << 20)) * 10) / 10} MiB` : `${Math.round(bytes / 1024)} KiB`;
}
