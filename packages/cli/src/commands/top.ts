// weir top: which groups carry most, from a running Weir.
import { METRICS, type TopAnswer } from '@weir/query';
import { codeName } from '@weir/record';
import { type Command, Option } from 'commander';
import { type ApiClient, getJson, serverOf } from '../api/client.ts';
import { sinceOption, untilOption, wholeNumber } from '../api/options.ts';
import { metricText, table } from '../api/print.ts';
import { CliError, type Context } from '../command.ts';

const HELP = `
Fields are separated by commas or spaces:
  weir top src_workload,dst_workload --by bytes --since 1h
  weir top dst_port --by packets,flows --filter 'src_namespace = shop'

The first metric of --by decides the order. Metrics: ${METRICS.join(', ')}.
Groups beyond --limit are summed in the row "(other)". --format json prints the answer of the API as it is.

Exit codes: 0 done (also when nothing matches), 1 the server does not answer or cannot, 2 a field, the filter or an option is wrong.`;

interface TopOptions {
  readonly by: string;
  readonly since: string;
  readonly until: string;
  readonly filter: string;
  readonly limit: number;
  readonly format: 'table' | 'json';
  readonly server?: string;
}

export function define(command: Command, context: Context): void {
  command
    .argument('<fields...>', 'what to group by, such as src_namespace,dst_port')
    .option('--by <metrics>', 'what to measure, separated by commas; the first decides the order', 'bytes')
    .addOption(sinceOption())
    .addOption(untilOption())
    .option('--filter <filter>', 'only flows that match', '')
    .option('-n, --limit <count>', 'groups', wholeNumber, 10)
    .addOption(new Option('--format <format>', 'how to print').choices(['table', 'json']).default('table'))
    .option('--server <url>', 'Weir to ask; also WEIR_SERVER (default http://127.0.0.1:8080)')
    .addHelpText('after', HELP)
    .action(async (words: string[], options: TopOptions) => {
      const client = { server: serverOf(options.server, context.env), signal: context.signal };
      await show(
        client,
        words
          .join(',')
          .split(/[,\s]+/)
          .filter(Boolean),
        options,
        context,
      );
    });
}

async function show(
  client: ApiClient,
  fields: readonly string[],
  options: TopOptions,
  context: Context,
): Promise<void> {
  if (fields.length === 0) throw new CliError('usage', 'no field to group by');
  const answer: TopAnswer = await getJson(client, 'top', {
    by: fields.join(','),
    metrics: options.by,
    filter: options.filter,
    from: options.since,
    to: options.until,
    limit: options.limit,
  });
  if (options.format === 'json') {
    context.stdout.write(`${JSON.stringify(answer)}\n`);
    return;
  }
  const metrics = Object.keys(answer.total);
  const first = metrics[0];
  const columns = [
    ...fields.map((title) => ({ title })),
    ...metrics.map((title) => ({ title, right: true })),
    { title: 'share', right: true },
  ];
  const rows = answer.rows.map((row) => [
    ...fields.map((field, index) => (row.other ? (index === 0 ? '(other)' : '') : keyText(field, row.key[field]))),
    ...metrics.map((metric) => metricText(metric, row.values[metric])),
    share(row.values[first], answer.total[first]),
  ]);
  context.stdout.write(table(columns, rows));
  const { rows_read: read, elapsed_ms: elapsed, resolution, warnings } = answer.meta;
  context.stderr.write(`weir: ${answer.groups} groups; ${read} rows read from ${resolution} in ${elapsed} ms\n`);
  for (const warning of warnings) context.stderr.write(`weir: ${warning}\n`);
}

/** Value of a group: codes by their names, what is absent as a dash. */
function keyText(field: string, value: string | number | null): string {
  const name = typeof value === 'number' ? codeName(field, value) : undefined;
  return name ?? (value === null || value === '' ? '-' : String(value));
}

const share = (part: number, whole: number): string => (whole > 0 ? `${((100 * part) / whole).toFixed(1)} %` : '-');
