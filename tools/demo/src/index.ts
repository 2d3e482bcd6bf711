// @weir/demo: a simulated cluster whose nodes export flows over real sockets.
export { demoInventory } from './cluster.ts';
export { type DemoOptions, runDemo } from './demo.ts';
export { DemoError, type DemoErrorCode } from './errors.ts';
