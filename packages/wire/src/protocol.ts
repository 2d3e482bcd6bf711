// Which protocol a datagram is of, by what it says itself: the first 16 bits are the version of NetFlow and IPFIX, the first 32 that of sFlow.

/** A protocol that has a decoder, by the version in its header (0: sFlow v5), or why there is none. */
type Protocol = 0 | 5 | 9 | 10 | 'unknown_protocol' | 'unsupported_version';

export function protocolOf(data: Uint8Array, start: number, end: number): Protocol {
  if (end - start < 4) return 'unknown_protocol';
  const version = (data[start] << 8) | data[start + 1];
  switch (version) {
    case 5:
    case 9:
    case 10:
      return version;
    case 0:
      return sflowVersion((data[start + 2] << 8) | data[start + 3]);
    // Other NetFlow versions that routers sent or send.
    case 1:
    case 6:
    case 7:
    case 8:
      return 'unsupported_version';
    default:
      return 'unknown_protocol';
  }
}

function sflowVersion(version: number): Protocol {
  if (version === 5) return 0;
  // Versions 2 and 4 were on wires too.
  return version === 2 || version === 4 ? 'unsupported_version' : 'unknown_protocol';
}
