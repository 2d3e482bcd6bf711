// Capture files: read and written.
export { readCapture } from './capture.ts';
export type { CapturedPacket } from './captured-packet.ts';
export { type CapturedDatagram, newSkipped, readDatagrams, type SkippedPackets } from './udp.ts';
export { LINKTYPE_ETHERNET, LINKTYPE_RAW, type PacketToWrite, writeDatagrams, writePcap } from './write.ts';
