// Capture files: read and written.
export { type CapturedPacket, readCapture } from './capture.ts';
export { type CapturedDatagram, newSkipped, readDatagrams, type SkippedPackets } from './udp.ts';
export { LINKTYPE_ETHERNET, LINKTYPE_RAW, type PacketToWrite, writeDatagrams, writePcap } from './write.ts';
