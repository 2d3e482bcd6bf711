// Prometheus metrics: the ledger, lanes, spool, store, templates, processes and the HTTP server, from the statuses as they are when somebody scrapes.
import { setImmediate } from 'node:timers/promises';
import { STORE } from '@weir/spool';
import { NO_OUTAGES } from '../outages.ts';
import type { CollectorStatus, Counts, ExporterStatus } from '../status.ts';
import type { ConsumerReport } from './consumers.ts';
import { Exposition } from './exposition.ts';
import { heaviestFloods } from './floods.ts';
import type { ProcessFigures } from './processes.ts';
import type { StoreStatus } from './store-status.ts';

/** Exporters with series of their own; anyone can send a datagram, so the rest share the label `other`. */
const EXPORTER_LABELS = 500;
/** Exporters written before others of the thread have their turn: about a millisecond. */
const SLICE = 200;

/** What the HTTP server counted. */
export interface HttpFigures {
  readonly connections: number;
  /** Requests that the storing process has not answered to the end. */
  readonly forwarding: number;
  /** Connections closed by us, by reason. */
  readonly closed: Readonly<Record<string, number>>;
  /** Answers, by status code. */
  readonly answers: ReadonlyMap<number, number>;
  /** Longest that the thread of the server was late since the last scrape, in seconds. */
  readonly late: number;
}

export interface MetricsSource {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly ready: boolean;
  /** How many things need a person although it is ready. */
  readonly degraded: number;
  readonly consumers: readonly ConsumerReport[];
  readonly statuses: readonly CollectorStatus[];
  /** The last that the storing process said; undefined before it first did. */
  readonly store: StoreStatus | undefined;
  /** Why the store cannot be written or read; empty when it can. */
  readonly storeProblem: string;
  readonly http: HttpFigures;
  /** By name: supervisor, collect, store, sinks. */
  readonly processes: ReadonlyMap<string, ProcessFigures>;
}

/** The text of the exposition format. */
export async function metricsText(source: MetricsSource): Promise<string> {
  const out = new Exposition();
  await ledger(out, source);
  lanes(out, source);
  outages(out, source);
  spool(out, source);
  consumers(out, source);
  store(out, source);
  http(out, source);
  processes(out, source);
  return out.text();
}

async function ledger(out: Exposition, { statuses }: MetricsSource): Promise<void> {
  const account = out.family('weir_ledger_total', 'Accounts of the loss ledger since the collector started');
  for (const { collector, exporters, otherExporters, unattributed } of statuses) {
    const add = (exporter: string, counts: Counts) => {
      for (const [name, count] of Object.entries(counts)) account({ collector, exporter, account: name }, count);
    };
    add('', unattributed);
    for await (const exporter of inSlices(exporters.slice(0, EXPORTER_LABELS)))
      add(exporter.address, exporter.counters);
    // The status itself tells of the most recently seen ones alone.
    const others: Record<string, number> = { ...otherExporters.counters };
    for await (const { counters } of inSlices(exporters.slice(EXPORTER_LABELS))) {
      for (const [name, count] of Object.entries(counters)) others[name] = (others[name] ?? 0) + count;
    }
    add('other', others);
  }
  await templates(out, statuses);
  const known = out.family('weir_exporters', 'Exporters known');
  for (const { collector, exporters, otherExporters } of statuses) {
    known({ collector }, exporters.length + otherExporters.exporters);
  }
}

async function templates(out: Exposition, statuses: readonly CollectorStatus[]): Promise<void> {
  const family = out.family('weir_templates', 'Templates known');
  for (const { collector, exporters } of statuses) {
    const others: Record<string, number> = {};
    let index = 0;
    for await (const exporter of inSlices(exporters)) {
      const own = index++ < EXPORTER_LABELS;
      for (const { protocol, domains } of exporter.protocols) {
        const count = domains.reduce((sum, domain) => sum + domain.templates.length, 0);
        if (count === 0) continue;
        if (own) family({ collector, exporter: exporter.address, protocol }, count);
        else others[protocol] = (others[protocol] ?? 0) + count;
      }
    }
    for (const [protocol, count] of Object.entries(others)) family({ collector, exporter: 'other', protocol }, count);
  }
}

/** Thousands of exporters must not keep a probe waiting. */
async function* inSlices(exporters: readonly ExporterStatus[]): AsyncGenerator<ExporterStatus> {
  for (let at = 0; at < exporters.length; at += SLICE) {
    if (at > 0) await setImmediate();
    yield* exporters.slice(at, at + SLICE);
  }
}

function lanes(out: Exposition, { statuses }: MetricsSource): void {
  const all = statuses.flatMap(({ collector, lanes }) =>
    lanes.map((status) => ({ labels: { collector, lane: String(status.lane) }, status })),
  );
  const datagrams = out.family('weir_lane_datagrams_total', 'Datagrams received since the lane started');
  for (const { labels, status } of all) datagrams(labels, status.datagrams);
  const flows = out.family('weir_lane_flows_total', 'Flows decoded since the lane started');
  for (const { labels, status } of all) flows(labels, status.flows);
  const busy = out.family('weir_lane_busy_ratio', 'Part of the last second the lane was on a processor');
  for (const { labels, status } of all) busy(labels, status.busy);

  floods(out, statuses);
  const sockets = all.flatMap(({ labels, status }) =>
    status.sockets.map((socket) => ({ labels: { ...labels, host: socket.host, port: String(socket.port) }, socket })),
  );
  const dropped = out.family('weir_socket_dropped_total', 'Datagrams the kernel dropped at the socket');
  for (const { labels, socket } of sockets) dropped(labels, socket.kernelDropped);
  const buffer = out.family('weir_socket_receive_buffer_bytes', 'Receive buffer the kernel granted');
  for (const { labels, socket } of sockets) buffer(labels, socket.receiveBufferGranted);
}

/** A lane tells of at most 32 senders, and only while they fill its sockets. */
function floods(out: Exposition, statuses: readonly CollectorStatus[]): void {
  const share = out.family('weir_flood_share_ratio', 'Part of what came to its lane that a sender which floods sent');
  for (const { collector, floods } of statuses) {
    for (const { address, diverted, share: part } of heaviestFloods(floods)) {
      share({ collector, address, diverted: String(diverted) }, part);
    }
  }
}

function outages(out: Exposition, { statuses }: MetricsSource): void {
  const restarts = out.family(
    'weir_collector_restarts_total',
    'How often the collecting process died and was started again since Weir started',
  );
  for (const { collector, outages = NO_OUTAGES } of statuses) restarts({ collector }, outages.restarts);
  const down = out.family(
    'weir_collector_down_seconds_total',
    'Seconds in which no collecting process read the sockets: what did not fit into them is counted as kernel_dropped',
  );
  for (const { collector, outages = NO_OUTAGES } of statuses) down({ collector }, outages.downMs / 1000);
}

function spool(out: Exposition, { statuses, now }: MetricsSource): void {
  const each = (name: string, help: string, value: (status: CollectorStatus) => number) => {
    const sample = out.family(name, help);
    for (const status of statuses) sample({ collector: status.collector }, value(status));
  };
  each('weir_spool_files', 'Spool files of flows that the store has not acknowledged', ({ spool }) => spool.files);
  each('weir_spool_bytes', 'Bytes in the spool', ({ spool }) => spool.bytes);
  each('weir_spool_cap_bytes', 'Cap of the spool', ({ spool }) => spool.capBytes);
  each('weir_spool_oldest_seconds', 'How long the oldest file has been waiting for the store', ({ spool }) => {
    // By a clock that nobody sets, where the collector tells so.
    const waiting = spool.consumers.find(({ name }) => name === STORE)?.waitingMs;
    return waiting === undefined ? secondsSince(spool.oldest, now) : waiting / 1000;
  });
}

function consumers(out: Exposition, { consumers }: MetricsSource): void {
  const each = (name: string, help: string, value: (consumer: ConsumerReport) => number) => {
    const sample = out.family(`weir_consumer_${name}`, help);
    for (const consumer of consumers) sample({ consumer: consumer.name }, value(consumer));
  };
  each('up', '1 when the consumer tells of itself and its destination takes flows', ({ state }) =>
    state === 'idle' || state === 'delivering' ? 1 : 0,
  );
  each('problems', 'What is wrong with it: /readyz says each as a sentence', ({ problems }) => problems.length);
  each('backlog_files', 'Spool files that it has not delivered', ({ backlog }) => backlog.files);
  each('backlog_bytes', 'Bytes that wait for it', ({ backlog }) => backlog.bytes);
  each('cap_bytes', 'Cap of what waits for it', ({ backlog }) => backlog.capBytes);
  each('oldest_seconds', 'How long the oldest file has been waiting', ({ backlog }) => backlog.waitingMs / 1000);
  each('dropped_flows_total', 'Flows dropped over its cap', ({ backlog }) => backlog.droppedFlows);
  each('delivered_files_total', 'Files that its destination acknowledged', ({ deliveredFiles }) => deliveredFiles);
  each('delivered_flows_total', 'Flows in these files', ({ deliveredFlows }) => deliveredFlows);
  each('retries_total', 'Attempts to deliver that failed', ({ retries }) => retries);
  each('aside_files', 'Files that it could not use, set aside and still there', ({ asideFiles }) => asideFiles);
  each('missing_files_total', 'Files that somebody removed before it had them', ({ missingFiles }) => missingFiles);
  each('missing_flows_total', 'Flows in these files', ({ missingFlows }) => missingFlows);
}

function store(out: Exposition, { now, ready, degraded, store, storeProblem }: MetricsSource): void {
  out.single('weir_ready', '1 when Weir is ready', ready ? 1 : 0);
  out.single('weir_degraded', 'How many things need a person although Weir works: /readyz says which', degraded);
  out.single('weir_store_up', '1 when the store can be written and read', storeProblem === '' ? 1 : 0);
  if (store === undefined) return;
  const { facts } = store;
  out.single('weir_store_rows', 'Flow records in the store', facts.rows);
  out.single('weir_store_bytes', 'Bytes of the store on disk', facts.bytesOnDisk);
  out.single('weir_store_loaded_rows_total', 'Flows loaded since the storing process started', facts.loadedRows);
  out.single(
    'weir_store_loaded_files_total',
    'Spool files loaded since the storing process started',
    facts.loadedFiles,
  );
  out.single('weir_store_backlog_files', 'Spool files that wait to be loaded', facts.backlogFiles);
  out.single('weir_rollup_lag_seconds', 'How far the roll-ups trail', secondsSince(facts.rolledUpUntil, now));
  out.single('weir_store_queries_running', 'Queries in the store', store.queriesRunning);
  out.single('weir_store_queries_waiting', 'Queries that wait for their turn', store.queriesWaiting);
}

function http(out: Exposition, { http }: MetricsSource): void {
  out.single('weir_http_connections', 'Open connections to the page and the API', http.connections);
  out.single('weir_http_forwarding', 'Requests that the storing process is answering', http.forwarding);
  const answers = out.family('weir_http_answers_total', 'Answers by status code');
  for (const [code, count] of http.answers) answers({ code: String(code) }, count);
  const closed = out.family(
    'weir_http_connections_closed_total',
    'Connections closed by Weir: over a limit, too slow, or idle for too long',
  );
  for (const [reason, count] of Object.entries(http.closed)) closed({ reason }, count);
  out.single(
    'weir_http_late_seconds',
    'Longest that the thread which answers probes was late since the last scrape',
    http.late,
  );
}

function processes(out: Exposition, { processes }: MetricsSource): void {
  const each = (name: string, help: string, value: (figures: ProcessFigures) => number) => {
    const sample = out.family(name, help);
    for (const [process, figures] of processes) sample({ process }, value(figures));
  };
  each('weir_process_resident_memory_bytes', 'Resident memory', ({ residentBytes }) => residentBytes);
  each('weir_process_cpu_seconds_total', 'Processor time, user and system', ({ cpuSeconds }) => cpuSeconds);
  each('weir_process_open_fds', 'Open file descriptors', ({ openFiles }) => openFiles);
}

const secondsSince = (time: number, now: number): number => (time === 0 ? 0 : Math.max(0, (now - time) / 1000));
