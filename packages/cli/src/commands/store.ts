// weir store: check, repair, back up and restore what is stored.
import { backupStoreOf, checkStoreOf, repairStoreOf, restoreStoreOf } from '@weir/server';
import type { CheckReport, RepairReport } from '@weir/store';
import { isWhole } from '@weir/store';
import type { Command } from 'commander';
import { printable, short } from '../api/print.ts';
import { CliError, type Context } from '../command.ts';
import { addConfigOptions, configFrom } from '../config-options.ts';
import { Progress } from '../progress.ts';

type Options = Readonly<Record<string, unknown>>;

const count = (value: number): string => value.toLocaleString('en');

const hours = (span: { readonly from: number; readonly to: number }): string =>
  `${new Date(span.from).toISOString().slice(0, 16)}Z to ${new Date(span.to).toISOString().slice(0, 16)}Z`;

/** What a check found, a line for each thing; nothing when all is well. */
export function findings({ damaged, broken, missing, dictionaries }: CheckReport): string[] {
  const lines = damaged.map(
    ({ table, name, rows, span, reason }) =>
      `damaged: part ${name} of ${table}, ${count(rows)} rows${span === undefined ? '' : ` from ${hours(span)}`}: ${reason}`,
  );
  for (const { table, name, reason } of broken) {
    lines.push(`put aside when the store started and not accounted for: part ${name} of ${table} (${reason})`);
  }
  const lost = Object.values(missing).reduce((sum, flows) => sum + Math.max(0, flows), 0);
  if (lost > 0) {
    const exporters = Object.values(missing).filter((flows) => flows > 0).length;
    lines.push(`missing: ${count(lost)} flows of ${count(exporters)} exporters that the ledger says are stored`);
  }
  for (const { name, reason } of dictionaries) lines.push(`names cannot be looked up: ${name}: ${reason}`);
  return lines.map(printable);
}

/** What a repair did, a line for each part. */
export function doings({ parts, missing }: RepairReport): string[] {
  const lines = parts.map(({ table, part, saved, meaning }) => {
    const back = saved === 0 ? '' : `${count(saved)} rows of it are back in the table; `;
    return `part ${part} of ${table} is in detached/: ${back}${meaning}`;
  });
  if (missing > 0) lines.push(`${count(missing)} flows were missing and are counted under flows_store_damaged`);
  return lines.map(printable);
}

function progressOf(context: Context, what: string): (done: number, total: number) => void {
  const progress = new Progress(context);
  return (done, total) => {
    if (done >= total) progress.clear();
    else progress.update(() => `${what} ${Math.floor((100 * done) / total)} %`);
  };
}

export function define(command: Command, context: Context): void {
  command.description('check, repair, back up and restore what is stored; works while Weir runs and while it does not');
  defineCheck(command, context);
  defineRepair(command, context);
  defineBackup(command, context);
  defineRestore(command, context);
}

function defineCheck(parent: Command, context: Context): void {
  const command = parent
    .command('check')
    .description('read everything that is stored and say what is damaged or missing');
  command.option('--json', 'print what was found as JSON');
  addConfigOptions(command);
  command.addHelpText(
    'after',
    `
Reads all parts of all tables and changes nothing in them.

Exit codes:
  0  all is well
  1  the store could not be read at all
  3  something is damaged or missing`,
  );
  command.action(async (options: Options) => {
    const report = await checkStoreOf(configFrom(options, context), {
      onProgress: progressOf(context, 'reading'),
      signal: context.signal,
    });
    if (options.json === true) context.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    else {
      const { parts, rows, bytes } = report;
      for (const line of findings(report)) context.stdout.write(`${line}\n`);
      context.stdout.write(`read ${count(parts)} parts, ${count(rows)} rows, ${short(bytes)}B\n`);
    }
    if (!isWhole(report))
      throw new CliError(
        'partly',
        'the store is damaged: weir store repair takes out what is, and accounts for what is lost',
      );
  });
}

function defineRepair(parent: Command, context: Context): void {
  const command = parent
    .command('repair')
    .description('take damaged parts out, put back what of them can be read, and account for what is lost');
  command.option('--json', 'print what was done as JSON');
  addConfigOptions(command);
  command.addHelpText(
    'after',
    `
Deletes nothing: damaged parts are kept in the folder "detached" of their table.
Flows that are lost are counted under flows_store_damaged for each exporter,
roll-ups that were made with them stay, and roll-ups that are lost are made
again from what is finer. Needs as much free room as the largest damaged part.`,
  );
  command.action(async (options: Options) => {
    const report = await repairStoreOf(configFrom(options, context), {
      onProgress: progressOf(context, 'reading'),
      signal: context.signal,
    });
    if (options.json === true) {
      context.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
      return;
    }
    for (const line of findings(report.found)) context.stdout.write(`${line}\n`);
    const done = doings(report);
    for (const line of done) context.stdout.write(`${line}\n`);
    context.stdout.write(done.length === 0 ? 'there is nothing to repair\n' : 'the store is repaired\n');
  });
}

function defineBackup(parent: Command, context: Context): void {
  const command = parent
    .command('backup')
    .description('copy the store as it is at one moment, and read the copy back')
    .argument('<directory>', 'where to: new, or empty')
    .option('--base <directory>', 'an earlier backup on the same file system; files that both have take room once')
    .option('--no-verify', 'do not open the copy with the engine to check it');
  addConfigOptions(command);
  command.addHelpText(
    'after',
    `
Weir goes on storing meanwhile. A backup holds an embedded store, complete,
whatever it was based on. What waits in the spool is not in it.

Examples:
  weir store backup /backup/monday
  weir store backup /backup/tuesday --base /backup/monday`,
  );
  command.action(async (directory: string, options: Options) => {
    const progress = progressOf(context, 'copying');
    const { rows, files } = await backupStoreOf(configFrom(options, context), directory, {
      ...(typeof options.base === 'string' ? { base: options.base } : {}),
      verify: options.verify !== false,
      onProgress: progress,
      onVerify: () => context.stderr.write('reading it back …\n'),
      signal: context.signal,
    });
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    context.stdout.write(
      `${directory}: ${count(rows.flows ?? 0)} flows, ${count(files.length)} files, ${short(bytes)}B\n`,
    );
  });
}

function defineRestore(parent: Command, context: Context): void {
  const command = parent
    .command('restore')
    .description('put the store of a backup where none is; Weir must be stopped')
    .argument('<directory>', 'a backup');
  addConfigOptions(command);
  command.action(async (directory: string, options: Options) => {
    const { rows, time } = await restoreStoreOf(configFrom(options, context), directory, {
      onProgress: progressOf(context, 'copying'),
      signal: context.signal,
    });
    context.stdout.write(`restored ${count(rows.flows ?? 0)} flows as they were at ${new Date(time).toISOString()}\n`);
  });
}
