// Prometheus metrics: the ledger, lanes, spool, store and templates, read from the collectors' statuses when scraped.
import { ACCOUNT_NAMES } from '@weir/record';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { NO_OUTAGES } from '../outages.ts';
import type { CollectorStatus, Counts } from '../status.ts';
import { type Readiness, readiness, type StoreFacts } from './readiness.ts';

/** Exporters with series of their own; anyone can send a datagram, so the rest share the label `other`. */
const EXPORTER_LABELS = 500;

export interface MetricsSource {
  statuses(): readonly CollectorStatus[];
  store(): StoreFacts;
}

/** The text of the exposition format 0.0.4. */
export class Metrics {
  readonly #source: MetricsSource;
  readonly #registry = new Registry();
  readonly #fill: (() => void)[] = [];

  constructor(source: MetricsSource) {
    this.#source = source;
    collectDefaultMetrics({ register: this.#registry, prefix: 'weir_' });
    this.#lanes();
    this.#outages();
    this.#ledger();
    this.#spool();
    this.#store();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  async text(): Promise<string> {
    for (const fill of this.#fill) fill();
    return this.#registry.metrics();
  }

  #gauge<L extends string>(name: string, help: string, labelNames: readonly L[]): Gauge<L> {
    return new Gauge({ name, help, labelNames: [...labelNames], registers: [this.#registry] });
  }

  /** Filled anew at each scrape: the collectors count, and start from zero when they start. */
  #counter<L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> {
    return new Counter({ name, help, labelNames: [...labelNames], registers: [this.#registry] });
  }

  #ledger(): void {
    const ledger = this.#counter('weir_ledger_total', 'Accounts of the loss ledger since the collector started', [
      'collector',
      'exporter',
      'account',
    ]);
    const templates = this.#gauge('weir_templates', 'Templates known', ['collector', 'exporter', 'protocol']);
    const exporters = this.#gauge('weir_exporters', 'Exporters known', ['collector']);
    this.#fill.push(() => {
      for (const metric of [ledger, templates, exporters]) metric.reset();
      for (const status of this.#source.statuses()) {
        exporters.set({ collector: status.collector }, status.exporters.length);
        const add = (exporter: string, counts: Counts) => {
          for (const account of ACCOUNT_NAMES) {
            const count = counts[account];
            if (count !== undefined) ledger.inc({ collector: status.collector, exporter, account }, count);
          }
        };
        add('', status.unattributed);
        for (const [index, exporter] of status.exporters.entries()) {
          const label = index < EXPORTER_LABELS ? exporter.address : 'other';
          add(label, exporter.counters);
          for (const { protocol, domains } of exporter.protocols) {
            const count = domains.reduce((sum, domain) => sum + domain.templates.length, 0);
            if (count > 0) templates.inc({ collector: status.collector, exporter: label, protocol }, count);
          }
        }
      }
    });
  }

  #lanes(): void {
    const lane = ['collector', 'lane'] as const;
    const datagrams = this.#counter('weir_lane_datagrams_total', 'Datagrams received since the lane started', lane);
    const flows = this.#counter('weir_lane_flows_total', 'Flows decoded since the lane started', lane);
    const busy = this.#gauge('weir_lane_busy_ratio', 'Part of the last second the lane was on a processor', lane);
    const socket = [...lane, 'host', 'port'] as const;
    const dropped = this.#counter('weir_socket_dropped_total', 'Datagrams the kernel dropped at the socket', socket);
    const buffer = this.#gauge('weir_socket_receive_buffer_bytes', 'Receive buffer the kernel granted', socket);
    this.#fill.push(() => {
      for (const metric of [datagrams, flows, busy, dropped, buffer]) metric.reset();
      for (const { collector, lanes } of this.#source.statuses()) {
        for (const status of lanes) {
          const labels = { collector, lane: String(status.lane) };
          datagrams.inc(labels, status.datagrams);
          flows.inc(labels, status.flows);
          busy.set(labels, status.busy);
          for (const { host, port, kernelDropped, receiveBufferGranted } of status.sockets) {
            dropped.inc({ ...labels, host, port: String(port) }, kernelDropped);
            buffer.set({ ...labels, host, port: String(port) }, receiveBufferGranted);
          }
        }
      }
    });
  }

  #outages(): void {
    const restarts = this.#counter(
      'weir_collector_restarts_total',
      'How often the collecting process died and was started again since Weir started',
      ['collector'],
    );
    const down = this.#counter(
      'weir_collector_down_seconds_total',
      'Seconds in which it did not listen: what exporters sent then is in no account of the ledger',
      ['collector'],
    );
    this.#fill.push(() => {
      for (const metric of [restarts, down]) metric.reset();
      for (const { collector, outages = NO_OUTAGES } of this.#source.statuses()) {
        restarts.inc({ collector }, outages.restarts);
        down.inc({ collector }, outages.downMs / 1000);
      }
    });
  }

  #spool(): void {
    const files = this.#gauge('weir_spool_files', 'Spool files of flows that the store has not acknowledged', [
      'collector',
    ]);
    const bytes = this.#gauge('weir_spool_bytes', 'Bytes in the spool', ['collector']);
    const cap = this.#gauge('weir_spool_cap_bytes', 'Cap of the spool', ['collector']);
    const age = this.#gauge('weir_spool_oldest_seconds', 'Age of the oldest file', ['collector']);
    this.#fill.push(() => {
      for (const gauge of [files, bytes, cap, age]) gauge.reset();
      for (const { collector, spool } of this.#source.statuses()) {
        files.set({ collector }, spool.files);
        bytes.set({ collector }, spool.bytes);
        cap.set({ collector }, spool.capBytes);
        age.set({ collector }, spool.oldest === 0 ? 0 : Math.max(0, (Date.now() - spool.oldest) / 1000));
      }
    });
  }

  #store(): void {
    const single = (name: string, help: string, value: (facts: StoreFacts, ready: Readiness) => number) => {
      const metric = name.endsWith('_total') ? this.#counter(name, help, []) : this.#gauge(name, help, []);
      this.#fill.push(() => {
        const facts = this.#source.store();
        metric.reset();
        metric.inc(value(facts, readiness(Date.now(), this.#source.statuses(), facts)));
      });
    };
    single('weir_ready', '1 when Weir is ready', (_, ready) => (ready.ready ? 1 : 0));
    single('weir_store_up', '1 when the store can be written and read', (facts) => (facts.problem === '' ? 1 : 0));
    single('weir_store_rows', 'Flow records in the store', (facts) => facts.rows);
    single('weir_store_bytes', 'Bytes of the store on disk', (facts) => facts.bytesOnDisk);
    single('weir_store_loaded_rows_total', 'Flows loaded since the store process started', (facts) => facts.loadedRows);
    single(
      'weir_store_loaded_files_total',
      'Spool files loaded since the store process started',
      (facts) => facts.loadedFiles,
    );
    single('weir_store_backlog_files', 'Spool files that wait to be loaded', (facts) => facts.backlogFiles);
    single('weir_rollup_lag_seconds', 'How far the roll-ups trail', (facts) =>
      facts.rolledUpUntil === 0 ? 0 : Math.max(0, (Date.now() - facts.rolledUpUntil) / 1000),
    );
  }
}
