// The command line as a whole: finds the command, runs it, and turns how it ended into an exit code.
import { ServerError } from '@weir/server/errors';
import { VERSION } from '@weir/server/version';
import { Command, CommanderError } from 'commander';
import { CliError, type Context, EXIT } from './command.ts';
import { COMMANDS } from './commands.ts';

const EXIT_HELP = `
Exit codes:
  0  done
  1  could not be done: the message says why
  2  the command line, the configuration or a file it names is wrong
  3  done, but part of the input could not be decoded`;

/** What commander says of an option it does not know, value included: it may be a secret under a misspelt name. */
const VALUE_OF_UNKNOWN = /(unknown option '[^'=]*)=[^']*/;

/** Arguments that may be a secret, or a URL with one. The settings, which know, take time to load. */
const SUSPICIOUS = /^--[a-z-]*(password|secret|token|key)|:\/\/[^/]*@/;

/** Throws CliError `usage` where a secret is on the command line, for commands without settings too. */
async function refuseSecrets(args: readonly string[]): Promise<void> {
  if (!args.some((argument) => SUSPICIOUS.test(argument))) return;
  const { secretInArguments } = await import('@weir/server');
  const reason = secretInArguments(args);
  if (reason !== undefined) throw new CliError('usage', reason);
}

/** Runs the command line `args` (without node and script). Resolves to the exit code; never rejects. */
export async function run(args: readonly string[], context: Context): Promise<number> {
  const program = new Command('weir')
    .description('Network-flow observability for Kubernetes: NetFlow, IPFIX and sFlow from the wire to a page.')
    .version(VERSION)
    .showSuggestionAfterError()
    .showHelpAfterError('(weir --help lists the commands)')
    .addHelpText('after', EXIT_HELP);
  const output = {
    writeOut: (text: string) => void context.stdout.write(text),
    writeErr: (text: string) => void context.stderr.write(text.replace(VALUE_OF_UNKNOWN, '$1')),
  };
  program.exitOverride().configureOutput(output);
  const wanted = args.find((argument) => !argument.startsWith('-'));
  try {
    await refuseSecrets(args);
    for (const entry of COMMANDS) {
      const command = program.command(entry.name).description(entry.summary).exitOverride().configureOutput(output);
      if (entry.name === wanted || (wanted === 'help' && args.includes(entry.name)))
        (await entry.load()).define(command, context);
    }
    if (args.length === 0) {
      program.outputHelp();
      return EXIT.ok;
    }
    await program.parseAsync(args, { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    return exitCode(error, context);
  }
}

function exitCode(error: unknown, context: Context): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof CliError) {
    context.stderr.write(`weir: ${error.message}\n`);
    return error.code === 'usage' ? EXIT.usage : error.code === 'partly' ? EXIT.partly : EXIT.failed;
  }
  if (error instanceof ServerError) {
    for (const mistake of error.mistakes) context.stderr.write(`weir: ${mistake}\n`);
    return ['start_failed', 'not_running'].includes(error.code) ? EXIT.failed : EXIT.usage;
  }
  // Not the user's doing: the stack is what a report needs.
  context.stderr.write(`weir: ${error instanceof Error ? error.stack : String(error)}\n`);
  return EXIT.failed;
}
