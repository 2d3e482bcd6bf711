// @weir/wire: protocols. Bytes to FlowBatch and back; no sockets, no files, no clock.
export * from './decoder.ts';
export * from './errors.ts';
export * from './exporter.ts';
export * from './sequence.ts';
export * from './strings.ts';
