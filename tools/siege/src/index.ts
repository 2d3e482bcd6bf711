// @weir/siege: attacks on Weir. What a scenario is, for those that are written elsewhere.
export type { Figure, Finding, Scenario, Siege } from './scenario.ts';
