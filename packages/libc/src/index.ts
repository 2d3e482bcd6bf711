// @weir/libc: calls of the operating system that Node does not offer. Everything here has a fallback where it is used, for
// systems on which the C library cannot be called.

export * from './captured-errors.ts';
export * from './descriptors.ts';
export * from './errors.ts';
export * from './libc.ts';
export * from './lock-file.ts';
export * from './mapped-file.ts';
export * from './sync.ts';
