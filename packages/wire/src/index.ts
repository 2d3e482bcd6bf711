// @weir/wire: protocols. Bytes to FlowBatch and back; no sockets, no files, no clock.
export * from './decoder.ts';
export { Decoder, type DecoderOptions } from './dispatch.ts';
export * from './errors.ts';
export * from './exporter.ts';
export { encodeIpfix, type IpfixHeader } from './ipfix/encode.ts';
export { decodeIpfix } from './ipfix/message.ts';
export { type Element, type ElementKey, elementKey, findElement, REVERSE_ENTERPRISE } from './ipfix/registry.ts';
export { decodeNetflow5, V5_HEADER_BYTES, V5_RECORD_BYTES } from './netflow/v5.ts';
export { encodeNetflow5, type Netflow5Header, V5_MAX_RECORDS } from './netflow/v5-encode.ts';
export { decodeNetflow9 } from './netflow/v9.ts';
export { encodeNetflow9, type Netflow9Header } from './netflow/v9-encode.ts';
export * from './sequence.ts';
export * from './sflow/index.ts';
export * from './strings.ts';
export { type SetSpec, type TemplateSpec, templateField } from './template/encode.ts';
export { DEFAULT_LIMITS, type TemplateLimits } from './template/limits.ts';
export type { FieldValue, RowContext } from './template/row-values.ts';
export { type TemplateField, VARIABLE_LENGTH } from './template/template.ts';
