// @weir/spool/testing: spools for the tests of other packages.
export * from './flows.ts';
