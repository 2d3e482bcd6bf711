// @weir/bench/load: what other tools send with.
export { BYTES, prepare, RECORDS, stamp } from './netflow5.ts';
export { connected, SendRing } from './send-calls.ts';
