// Everything a view shows, as readable URL parameters: reading them (with defaults for what is absent or wrong), and writing
// back only what differs from the defaults. No state that matters lives elsewhere.
import type { FlowOrder } from '../api/types.ts';
import { DEFAULT_RANGE, DEFAULT_REFRESH, REFRESH_CHOICES, type Refresh, resolveEnd } from './time-range.ts';

export const METRICS = ['bits', 'packets', 'flows'] as const;
export type Metric = (typeof METRICS)[number];
export const TALKERS = ['namespace', 'workload', 'pod', 'node', 'address'] as const;
export type Talkers = (typeof TALKERS)[number];
export const SHARES = ['port', 'service', 'flow_type', 'dscp'] as const;
export type Share = (typeof SHARES)[number];
export const FLOW_ORDERS: readonly FlowOrder[] = ['time', 'bytes', 'packets'];

/** All state of the page. */
export interface ViewState {
  readonly from: string;
  readonly to: string;
  readonly refresh: Refresh;
  readonly filter: string;
  readonly utc: boolean;
  /** Overview: what the traffic chart is split by (field names), its metric, and the pairs of the talkers table. */
  readonly by: readonly string[];
  readonly metric: Metric;
  readonly talkers: Talkers;
  readonly share: Share;
  /** Which charts show their table twin. */
  readonly tables: readonly string[];
  /** Flows: columns in order (empty: the default ones), selected row, live tail. */
  readonly columns: readonly string[];
  readonly row: string;
  readonly live: boolean;
  /** Flows: what comes first, the newest or the largest. */
  readonly order: FlowOrder;
  /** Exporters: column the list is sorted by, `-` before it for falling. */
  readonly sort: string;
}

export const DEFAULTS: ViewState = {
  ...DEFAULT_RANGE,
  refresh: DEFAULT_REFRESH,
  filter: '',
  utc: false,
  by: ['src_namespace'],
  metric: 'bits',
  talkers: 'namespace',
  share: 'port',
  tables: [],
  columns: [],
  row: '',
  live: false,
  order: 'time',
  sort: '-flows',
};

/** What the URL holds: a text for each parameter that is not at its default. */
export type Search = { readonly [K in keyof ViewState]?: string };

const NAME = /^[a-z][a-z0-9_.]*$/;
const list = (text: string) => [...new Set(text.split(',').filter((name) => NAME.test(name)))];
const oneOf =
  <T extends string>(choices: readonly T[]) =>
  (text: string): T | undefined =>
    choices.find((choice) => choice === text);
const end = (text: string) => (resolveEnd(text, 0) === undefined ? undefined : text);
const flag = (text: string) => (text === 'on' ? true : undefined);

/** How each parameter is read; undefined means: take the default. */
const READERS: { readonly [K in keyof ViewState]: (text: string) => ViewState[K] | undefined } = {
  from: end,
  to: end,
  refresh: oneOf(REFRESH_CHOICES),
  filter: (text) => text,
  utc: flag,
  by: (text) => (list(text).length > 0 ? list(text) : undefined),
  metric: oneOf(METRICS),
  talkers: oneOf(TALKERS),
  share: oneOf(SHARES),
  tables: list,
  columns: list,
  row: (text) => text,
  live: flag,
  order: oneOf(FLOW_ORDERS),
  sort: (text) => (NAME.test(text.replace(/^-/, '')) ? text : undefined),
};

const write = (value: ViewState[keyof ViewState]): string =>
  typeof value === 'string' ? value : typeof value === 'boolean' ? (value ? 'on' : 'off') : value.join(',');

/** State from URL parameters. Unknown parameters and values that cannot be are dropped. */
export function readSearch(raw: Readonly<Record<string, unknown>>): ViewState {
  const state: Record<string, unknown> = { ...DEFAULTS };
  for (const [name, read] of Object.entries(READERS)) {
    const text = raw[name];
    const value = typeof text === 'string' ? read(text) : undefined;
    if (value !== undefined) state[name] = value;
  }
  return state as unknown as ViewState;
}

/** URL parameters of a state: only what differs from the defaults, in a fixed order. */
export function writeSearch(state: ViewState): Search {
  const search: Record<string, string> = {};
  for (const name of Object.keys(DEFAULTS) as (keyof ViewState)[]) {
    const text = write(state[name]);
    if (text !== write(DEFAULTS[name])) search[name] = text;
  }
  return search;
}

/** Text of the parameters after `?`: percent-encoded only where a URL must be, so that a person can read and edit it. */
export function searchText(search: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(search)
    .filter((entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '')
    .map(([name, value]) => `${name}=${readable(value)}`);
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}

/** Inverse of `searchText`. */
export function parseSearchText(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text));
}

function readable(value: string): string {
  return encodeURIComponent(value)
    .replace(/%20/g, '+')
    .replace(/%(2C|3A|2F|3D|28|29|21|2A|7E)/g, (code) => decodeURIComponent(code));
}
