// One run of the whole path: socket to query. What was sent, what was lost and where, how long until all of it could be asked for.
import { type Figure, figure } from '../figures.ts';
import { runSender } from '../load/run-sender.ts';
import { bytesBelow } from './directory.ts';
import { Watch } from './processes.ts';
import { type Counts, until, Weir } from './weir.ts';

/** Longest to wait until everything can be queried. */
const QUERYABLE_MS = 120_000;
/** Merges go on after the last insert; disk use is read after this. */
const SETTLE_MS = 5_000;

/** The target of what must not be. */
const none = { target: 0, atMost: true };

export interface Run {
  readonly tool: string;
  readonly [measured: string]: number | string | Counts;
}

export interface RunOutcome {
  readonly figures: Figure[];
  readonly run: Run;
}

/** Accounts that mean loss besides what the kernel dropped and what sequence numbers miss, which often are the same datagrams. */
const LOSSES = [
  'sequence_lost_datagrams',
  'datagrams_unknown_protocol',
  'datagrams_unsupported_version',
  'datagrams_truncated',
  'datagrams_malformed',
  'datagrams_not_allowed',
  'datagrams_exporter_cap',
  'datagrams_state_cap',
  'flows_spool_failed',
  'flows_spool_cap',
  'flows_spool_corrupt',
];

/**
 * Waits for the answers. While the ledger, a small table, says that flows are still to be stored, the flows themselves are not
 * counted: that would take from the store the time that it needs. Returns the last count and when it was there.
 */
async function waitQueryable(weir: Weir, from: number, wanted: number): Promise<{ count: number; at: number }> {
  let count = 0;
  try {
    await until('all is queryable', QUERYABLE_MS, async () => {
      const ledger = await weir.ledger(from);
      // What the sequence numbers say never came need not be waited for.
      const coming = wanted - (ledger.sequence_lost_flows ?? 0);
      if ((ledger.flows_stored ?? 0) < coming) return undefined;
      count = await weir.queryable(from);
      return count >= coming ? true : undefined;
    });
    return { count, at: Date.now() };
  } catch (error) {
    // What is missing shows in the figures; why, here.
    count = await weir.queryable(from);
    process.stderr.write(`${(error as Error).message}: ${count} of ${wanted} flows\n`);
  }
  return { count, at: Date.now() };
}

export async function weirRun(directory: string, rate: number, seconds: number): Promise<RunOutcome> {
  const weir = await Weir.start(directory);
  try {
    const from = Date.now() - 1_000;
    const watch = new Watch(weir.pid);
    const sent = await runSender(weir.udpPort, rate, seconds);
    const { count, at } = await waitQueryable(weir, from, sent.flows);
    const seconds2 = (at - sent.lastSentAt) / 1000;
    watch.stop();
    const collect = watch.cpuSeconds('collect/');
    const store = watch.cpuSeconds('store/');
    const all = watch.cpuSeconds();
    const peak = watch.peakResident;
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    const ledger = await weir.ledger(from);
    const unnamed = (await weir.unnamed(from, 'src_pod')) + (await weir.unnamed(from, 'dst_pod'));
    const disk = await weir.bytesOnDisk();
    const dataBytes = bytesBelow(weir.dataDirectory);
    const exitCode = await weir.stop();
    const lost = LOSSES.reduce((sum, account) => sum + (ledger[account] ?? 0), 0);
    const achieved = sent.flows / sent.seconds;
    return {
      figures: [
        figure('whole path: flows sent', 'flows/s', [achieved], { target: rate * 0.995 }),
        figure('whole path: dropped by the kernel', 'datagrams', [ledger.kernel_dropped ?? 0], none),
        figure('whole path: missing by sequence numbers', 'flows', [ledger.sequence_lost_flows ?? 0], none),
        figure('whole path: lost in all other accounts', 'flows, datagrams', [lost], none),
        figure('whole path: sent but not queryable', 'flows', [sent.flows - count], { target: 0, atMost: true }),
        figure('whole path: all queryable after the last datagram', 's', [seconds2], { target: 5, atMost: true }),
        figure('whole path: ends without a pod’s name', 'ends', [unnamed], { target: 0, atMost: true }),
        figure('whole path: peak resident memory, all processes', 'MB', [peak / 1e6], { target: 1_500, atMost: true }),
        figure('whole path: CPU of collecting', 'cores', [collect / sent.seconds]),
        figure('whole path: CPU of storing, queries included', 'cores', [store / sent.seconds]),
        figure('whole path: CPU of the sender', 'cores', [sent.cpuSeconds / sent.seconds]),
        figure('whole path: disk', 'bytes a flow', [disk / sent.flows]),
      ],
      run: {
        tool: 'weir',
        rate,
        seconds: sent.seconds,
        datagramsSent: sent.datagrams,
        flowsSent: sent.flows,
        exporters: sent.exporters,
        flowsQueryable: count,
        secondsUntilQueryable: seconds2,
        cpuSecondsCollect: collect,
        cpuSecondsStore: store,
        cpuSecondsAll: all,
        cpuSecondsSender: sent.cpuSeconds,
        peakResidentBytes: peak,
        peakResidentBytesCollect: watch.peakOf('collect/'),
        peakResidentBytesStore: watch.peakOf('store/'),
        storeBytesOnDisk: disk,
        dataDirectoryBytes: dataBytes,
        endsUnnamed: unnamed,
        exitCode: exitCode ?? -1,
        ledger,
      },
    };
  } catch (error) {
    await weir.stop();
    throw new Error(`${(error as Error).message}\n${weir.logTail()}`);
  }
}
