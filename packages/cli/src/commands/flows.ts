// weir flows: flow records from a running Weir, newest or largest first, or as they come.
import { FLOW_ORDERS, type Flow, type FlowOrder, type FlowsAnswer, type TailEvent, type TailStatus } from '@weir/query';
import { type Command, Option } from 'commander';
import { type ApiClient, ask, getJson, serverOf } from '../api/client.ts';
import { events } from '../api/events.ts';
import { sinceOption, untilOption, wholeNumber } from '../api/options.ts';
import { FLOW_COLUMNS, flowCells, table } from '../api/print.ts';
import { CliError, type Context } from '../command.ts';

const HELP = `
The filter is one argument in quotes, or the rest of the line:
  weir flows 'src_namespace = shop and dst_port in (80, 443)' --since 15m
  weir flows --order bytes --since 1h
  weir flows --follow dst_port = 53

Flows come newest first, or the largest with --order; with --follow oldest first, as they come. --format json prints one flow a line with the names of the
catalogue (weir fields lists them); fields that are absent are left out. Names show where a flow's ends are known, addresses
elsewhere.

Exit codes: 0 done (also when nothing matches), 1 the server does not answer or cannot, 2 the filter or an option is wrong.`;

/** Most flows the API gives in one page. */
const PAGE = 10_000;

interface FlowsOptions {
  readonly since: string;
  readonly until: string;
  readonly limit: number;
  readonly order: FlowOrder;
  readonly format: 'table' | 'json';
  readonly follow: boolean;
  readonly server?: string;
}

export function define(command: Command, context: Context): void {
  command
    .argument('[filter...]', 'which flows; all when left out')
    .addOption(sinceOption())
    .addOption(untilOption())
    .option('-n, --limit <count>', 'flows at most', wholeNumber, 50)
    .addOption(
      new Option('--order <order>', 'what comes first: the newest, or the largest')
        .choices(FLOW_ORDERS)
        .default('time'),
    )
    .addOption(new Option('--format <format>', 'how to print').choices(['table', 'json']).default('table'))
    .option('-f, --follow', 'print flows as they come until interrupted (or --limit of them)', false)
    .option('--server <url>', 'Weir to ask; also WEIR_SERVER (default http://127.0.0.1:8080)')
    .addHelpText('after', HELP)
    .action(async (words: string[], options: FlowsOptions, self: Command) => {
      const filter = words.join(' ');
      const client = { server: serverOf(options.server, context.env), signal: context.signal };
      if (!options.follow) return show(client, filter, options, context);
      for (const name of ['since', 'until', 'order']) {
        if (self.getOptionValueSource(name) === 'cli')
          throw new CliError('usage', `--${name} does not go with --follow`);
      }
      const most = self.getOptionValueSource('limit') === 'cli' ? options.limit : Number.POSITIVE_INFINITY;
      return follow(client, filter, { ...options, limit: most }, context);
    });
}

function print(flows: readonly Flow[], format: FlowsOptions['format'], header: boolean, context: Context): void {
  if (format === 'json') for (const flow of flows) context.stdout.write(`${JSON.stringify(flow)}\n`);
  else if (flows.length > 0 || header) context.stdout.write(table(FLOW_COLUMNS, flows.map(flowCells), header));
}

async function show(client: ApiClient, filter: string, options: FlowsOptions, context: Context): Promise<void> {
  let left = options.limit;
  let cursor: string | undefined;
  do {
    const range = cursor === undefined ? { from: options.since, to: options.until } : { cursor };
    const question = { ...range, filter, order: options.order, limit: Math.min(left, PAGE) };
    const page: FlowsAnswer = await getJson(client, 'flows', question);
    print(page.flows, options.format, cursor === undefined, context);
    for (const warning of page.meta.warnings) context.stderr.write(`weir: ${warning}\n`);
    left -= page.flows.length;
    cursor = page.next ?? undefined;
  } while (cursor !== undefined && left > 0);
  if (cursor !== undefined && options.format === 'table') {
    context.stderr.write(`weir: there are more flows; --limit shows more than ${options.limit}\n`);
  }
}

async function follow(client: ApiClient, filter: string, options: FlowsOptions, context: Context): Promise<void> {
  let left = options.limit;
  try {
    const response = await ask(client, 'flows/tail', { filter }, 'text/event-stream');
    if (response.body === null) throw new CliError('failed', 'the server sent no stream');
    print([], options.format, true, context);
    for await (const { event, data } of events(response.body)) {
      if (event === 'status') {
        const { message } = JSON.parse(data) as TailStatus;
        if (!['following', 'nothing new'].includes(message)) context.stderr.write(`weir: ${message}\n`);
        continue;
      }
      const { flows, skipped } = JSON.parse(data) as TailEvent;
      print(flows.toReversed().slice(0, left), options.format, false, context);
      if (skipped > 0) context.stderr.write(`weir: ${skipped} more flows matched; a filter shows less\n`);
      left -= flows.length;
      if (left <= 0) return;
    }
  } catch (error) {
    // Interrupted: that is how following ends.
    if (context.signal.aborted) return;
    if (error instanceof CliError) throw error;
    throw new CliError('failed', `the connection to ${client.server} was lost`);
  }
  if (!context.signal.aborted) throw new CliError('failed', `${client.server} closed the connection`);
}
