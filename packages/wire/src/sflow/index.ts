// sFlow version 5.
export {
  encodeSflow,
  encodeSflowDatagram,
  headerRecord,
  interfaceCountersRecord,
  portNameRecord,
  type SflowCounterSample,
  type SflowDiscardedSample,
  type SflowFlowSample,
  type SflowHeader,
  type SflowOptions,
  type SflowRecord,
  type SflowSample,
} from './encode.ts';
export { decodeSflow } from './message.ts';
