// Packet headers, taken apart and built.
export { type BuiltPacket, buildPacket } from './build.ts';
export { dissect, HEADER_PROTOCOL } from './dissect.ts';
export { Packet } from './packet.ts';
