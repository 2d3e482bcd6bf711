// What both capture formats give: a packet, and how long one may be.

export interface CapturedPacket {
  /** LINKTYPE_ number (tcpdump.org/linktypes.html). */
  readonly linkType: number;
  /** Milliseconds since 1970, with a fraction; 0 where the file has no time (simple packet blocks). */
  readonly time: number;
  /** What was captured. Valid until the next packet is asked for. */
  readonly data: Uint8Array;
  /** Length on the wire. */
  readonly originalBytes: number;
}

/** Longest packet that is believed: captures of loopback with offload reach 256 kB. */
export const MAX_PACKET_BYTES = 1 << 20;
