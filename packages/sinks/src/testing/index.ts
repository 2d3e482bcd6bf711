// @weir/sinks/testing: flows and what became of them, for the tests of other packages.
export * from './random-flows.ts';
export * from './written.ts';
