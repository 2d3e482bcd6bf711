// The ledger's accounts: every datagram and every flow record ends in exactly one of them, per exporter.
// The sums that must hold are in `BALANCES`; the console shows them and tests check them.

export type LedgerUnit = 'datagram' | 'flow' | 'set' | 'sample' | 'record' | 'domain' | 'text';

interface Account {
  readonly unit: LedgerUnit;
  /** `in`: what arrived; `good`: went on; `lost`: ended here; `note`: counted beside the balance. */
  readonly role: 'in' | 'good' | 'lost' | 'note';
  readonly description: string;
}

export const ACCOUNTS = {
  datagrams_received: { unit: 'datagram', role: 'in', description: 'Datagrams read from a socket' },
  datagrams_decoded: { unit: 'datagram', role: 'good', description: 'Datagrams decoded to their end' },
  datagrams_unknown_protocol: { unit: 'datagram', role: 'lost', description: 'Not NetFlow, IPFIX or sFlow' },
  datagrams_unsupported_version: {
    unit: 'datagram',
    role: 'lost',
    description: 'A version of the protocol that Weir does not read',
  },
  datagrams_truncated: {
    unit: 'datagram',
    role: 'lost',
    description: 'Longer than the receive slot: cut by the kernel',
  },
  datagrams_malformed: {
    unit: 'datagram',
    role: 'lost',
    description: 'A length or count in it does not fit; flows before that point were kept',
  },
  datagrams_not_allowed: { unit: 'datagram', role: 'lost', description: 'Peer is outside the allowed networks' },
  datagrams_exporter_cap: {
    unit: 'datagram',
    role: 'lost',
    description: 'From one more exporter than are kept (listen.max_exporters)',
  },
  datagrams_state_cap: {
    unit: 'datagram',
    role: 'lost',
    description:
      'Of an observation domain for which no state memory was left, or its exporter had its share (listen.state_memory)',
  },
  datagrams_lost_with_process: {
    unit: 'datagram',
    role: 'lost',
    description: 'Being read by a collecting process when it was killed',
  },

  flows_received: { unit: 'flow', role: 'in', description: 'Flow records decoded from datagrams' },
  flows_spooled: { unit: 'flow', role: 'good', description: 'Flows written to complete spool files' },
  flows_spool_failed: {
    unit: 'flow',
    role: 'lost',
    description: 'The spool could not be written (disk full, not writable)',
  },
  flows_lost_with_process: {
    unit: 'flow',
    role: 'lost',
    description: 'In the memory of a collecting process that was killed before they were in a spool file',
  },

  flows_offered: { unit: 'flow', role: 'in', description: 'Flows handed to a sink' },
  flows_stored: { unit: 'flow', role: 'good', description: 'Flows that the store acknowledged' },
  flows_sent: { unit: 'flow', role: 'good', description: "Flows that a sink's destination acknowledged" },
  flows_filtered: { unit: 'flow', role: 'good', description: "Flows that a sink's filter left out" },
  flows_refused: { unit: 'flow', role: 'lost', description: "Flows that a sink's destination will never take" },
  flows_spool_cap: {
    unit: 'flow',
    role: 'lost',
    description: 'Dropped with the oldest spool file, over the cap (spool.max_size, spool_max_size of a sink)',
  },
  flows_spool_corrupt: {
    unit: 'flow',
    role: 'lost',
    description: 'In a spool file that is damaged or cannot be understood; the file was set aside',
  },
  flows_spool_missing: {
    unit: 'flow',
    role: 'lost',
    description: 'In a spool file that was removed by somebody else before it was read',
  },
  flows_store_damaged: {
    unit: 'flow',
    role: 'lost',
    description: 'Lost after they were stored, with a damaged part of the store; at the time of the flows',
  },
  flows_expired: {
    unit: 'flow',
    role: 'note',
    description: 'Dropped from the store by retention, for their age or its size; at the time of the flows',
  },

  flows_names_cap: {
    unit: 'flow',
    role: 'note',
    description:
      'Flows kept under their sender although they name another exporter: the sender may name no more (listen.mediators), or no more exporters are kept',
  },
  kernel_dropped: {
    unit: 'datagram',
    role: 'lost',
    description: 'Dropped by the kernel at the socket (receive buffer full), all exporters together',
  },
  flood_dropped: {
    unit: 'datagram',
    role: 'note',
    description:
      'Of kernel_dropped: those of senders that flood and are kept apart, so that what others send is not dropped with it (listen.allow)',
  },
  sequence_lost_flows: {
    unit: 'flow',
    role: 'lost',
    description: 'Missing by sequence numbers that count flows (NetFlow v5, IPFIX)',
  },
  sequence_lost_datagrams: {
    unit: 'datagram',
    role: 'lost',
    description: 'Missing by sequence numbers that count messages (NetFlow v9, sFlow)',
  },
  sequence_resets: { unit: 'datagram', role: 'note', description: 'Sequence started again: the exporter restarted' },

  sets_no_template: { unit: 'set', role: 'lost', description: 'Data sets whose template is not known yet' },
  templates_received: { unit: 'record', role: 'note', description: 'Template records, options templates included' },
  templates_refused: {
    unit: 'record',
    role: 'lost',
    description: 'Templates with an impossible length or with more fields or bytes than are read',
  },
  templates_state_cap: {
    unit: 'record',
    role: 'lost',
    description: 'Templates for which no state memory was left, or their exporter had its share (listen.state_memory)',
  },
  templates_evicted: {
    unit: 'record',
    role: 'lost',
    description: 'Templates evicted before their time: their exporter had too many, or held most of the state memory',
  },
  templates_expired: {
    unit: 'record',
    role: 'note',
    description: 'Templates that neither came again nor had data for listen.template_lifetime',
  },
  domains_evicted: {
    unit: 'domain',
    role: 'note',
    description:
      'Observation domains, engines and sub-agents evicted: their exporter had too many, or held most of the state memory',
  },
  options_received: { unit: 'record', role: 'note', description: 'Options data records' },
  options_state_cap: {
    unit: 'record',
    role: 'lost',
    description: 'Sampling rates and interface names not kept, or evicted: over a cap, or no state memory left',
  },
  texts_cap: {
    unit: 'text',
    role: 'lost',
    description: 'Texts left out of their flows, which have an empty one: too many new ones at once',
  },
  samples_counter: { unit: 'sample', role: 'note', description: 'sFlow counter samples' },
  samples_unknown: { unit: 'sample', role: 'lost', description: 'sFlow samples of a format that Weir does not read' },
} as const satisfies Record<string, Account>;

export type AccountName = keyof typeof ACCOUNTS;
export const ACCOUNT_NAMES = Object.keys(ACCOUNTS) as readonly AccountName[];

/** Index of each account in the counters of an exporter. */
export const ACCOUNT = Object.fromEntries(ACCOUNT_NAMES.map((name, index) => [name, index])) as {
  readonly [N in AccountName]: number;
};

/** Counters of one exporter: a double a account, exact to 2^53. */
export function newCounters(): Float64Array<ArrayBuffer> {
  return new Float64Array(ACCOUNT_NAMES.length);
}

/** Where the flows of a spool file end, for each consumer that the file was handed to. */
const ENDS = [
  'flows_stored',
  'flows_sent',
  'flows_filtered',
  'flows_refused',
  'flows_spool_cap',
  'flows_spool_corrupt',
  'flows_spool_missing',
] as const satisfies readonly AccountName[];
export type ConsumerAccount = (typeof ENDS)[number];
export const CONSUMER_ACCOUNTS: readonly ConsumerAccount[] = ENDS;

export interface Balance {
  readonly total: AccountName;
  readonly parts: readonly AccountName[];
  /** Whose rows the parts are where they are a consumer's: the store's, or each sink's. */
  readonly consumer?: 'store' | 'sink';
}

/** What must hold for every exporter once nothing is under way: `total` equals the sum of `parts`. */
export const BALANCES: readonly Balance[] = [
  {
    total: 'datagrams_received',
    parts: [
      'datagrams_decoded',
      'datagrams_unknown_protocol',
      'datagrams_unsupported_version',
      'datagrams_truncated',
      'datagrams_malformed',
      'datagrams_not_allowed',
      'datagrams_exporter_cap',
      'datagrams_state_cap',
      'datagrams_lost_with_process',
    ],
  },
  { total: 'flows_received', parts: ['flows_spooled', 'flows_spool_failed', 'flows_lost_with_process'] },
  {
    total: 'flows_spooled',
    parts: ['flows_stored', 'flows_spool_cap', 'flows_spool_corrupt', 'flows_spool_missing'],
    consumer: 'store',
  },
  {
    total: 'flows_offered',
    parts: [...ENDS.filter((account) => account !== 'flows_stored'), 'flows_spool_failed'],
    consumer: 'sink',
  },
];
