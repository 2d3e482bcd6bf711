// Packet headers, taken apart and built.
export { dissect, HEADER_PROTOCOL } from './dissect.ts';
export { Packet } from './packet.ts';
