// The running system, for other tools that start it.
export { run } from '../lab/process.ts';
export { libfaketime, missing, type Need, needs } from '../needs.ts';
export { freeTcpPort, freeUdpPort } from './ports.ts';
export { type Answer, type Part, Weir, type WeirOptions } from './weir.ts';
