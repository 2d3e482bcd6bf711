// @weir/wire: protocols. Bytes to FlowBatch and back; no sockets, no files, no clock.
export * from './decoder.ts';
export { Decoder, type DecoderOptions } from './dispatch.ts';
export * from './errors.ts';
export * from './exporter.ts';
export { decodeIpfix } from './ipfix/message.ts';
export { decodeNetflow5, V5_HEADER_BYTES, V5_RECORD_BYTES } from './netflow/v5.ts';
export { decodeNetflow9 } from './netflow/v9.ts';
export * from './sequence.ts';
export { decodeSflow } from './sflow/index.ts';
export * from './strings.ts';
export type { TemplateLimits } from './template/limits.ts';
