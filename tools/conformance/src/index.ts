// @weir/conformance: Weir against real exporters, recorded captures and tshark.
export * from './needs.ts';
