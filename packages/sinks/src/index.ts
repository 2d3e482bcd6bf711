// @weir/sinks: where flows are sent on to. Each sink is a consumer of the spool (docs/specs/consumer.md).
export { SinkError, type SinkErrorCode } from './errors.ts';
export { type FlowColumn, type FlowValue, flowColumns, flowRecords, RECORD_NAMES } from './flow-record.ts';
export { NAMES_CONSUMER, Names, type NamesHealth, type NamesOptions } from './names/names.ts';
export { SinkSettings, sinkTypeOf } from './registry.ts';
export type { OpenSink, SinkContext, SinkType } from './sink.ts';
export { type SinkHealth, SinkRunner, type SinkRunnerOptions } from './sink-runner.ts';
