// The HTTP API and the console's files.
export { buildApi } from './build-api.ts';
export { type ApiDeps, type ApiLimits, DEFAULT_LIMITS } from './deps.ts';
export { generateApiReference } from './reference.ts';
