// The HTTP API.
export { buildApi } from './build-api.ts';
export { type ApiDeps, type ApiLimits, DEFAULT_LIMITS } from './deps.ts';
export { QueryGate } from './query-gate.ts';
export { generateApiReference } from './reference.ts';
