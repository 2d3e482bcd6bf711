// @weir/listen: how bytes arrive. UDP lanes: recvmmsg on Linux, node:dgram elsewhere, behind one interface.
export * from './errors.ts';
export * from './linux/activated-sockets.ts';
export { divertedMemory } from './linux/diverted-addresses.ts';
export { leftInRing } from './linux/left-in-ring.ts';
export { RING_BYTES } from './linux/ring-layout.ts';
export * from './listener.ts';
export * from './open-sockets.ts';
export * from './ports-free.ts';
