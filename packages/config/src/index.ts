// @weir/config: kinds of values that settings have, for whoever describes settings of its own.
export { parseDuration, parseSize } from './units.ts';
export { duration, network, size } from './values.ts';
