// @weir/cli: the weir command, for tests and tools that run it in their own process.
export { CliError, type Context, EXIT } from './command.ts';
export { run } from './program.ts';
