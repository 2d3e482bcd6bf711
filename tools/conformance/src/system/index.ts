// The running system, for other tools that start it.
export { freeTcpPort, freeUdpPort } from './ports.ts';
export { type Answer, Weir, type WeirOptions } from './weir.ts';
