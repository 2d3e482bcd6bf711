// Words for the small numbers of a flow that @weir/record does not name: DSCP classes, well-known ports, and what the bits of
// `quality` mean for a reader.
import type { QUALITY } from '@weir/record';

/** What each quality flag tells the reader, and what to do about it. */
export const QUALITY_TEXT: Readonly<Record<keyof typeof QUALITY, string>> = {
  no_sampling_rate: 'No sampling rate is known: bytes and packets stand as the exporter counted them.',
  clock_skewed: "The exporter's clock is more than five minutes from ours: trust the time of receipt.",
  time_guessed: 'The record gave no usable times: start and end are the time of receipt.',
  address_unknown: 'The record lacks the address of an end.',
  half_of_pair: 'Only one of the two nodes reported this flow.',
  dissected_partly: 'The sampled header was cut, encrypted or of an unknown protocol: later fields are missing.',
  icmp_given: 'ICMP type and code were given, even where they are 0.',
  as_given: 'AS numbers were given, even where they are 0.',
  after_sequence_gap: 'Records are missing just before this one.',
  demo: 'Made by demo traffic.',
  value_cut: 'A value was longer than its column and was cut.',
  sampling_contradicted:
    'The exporter gave two sampling rates: bytes and packets are scaled by the one that was believed.',
};

/** Flags that say something is doubtful; the others only tell that a zero was meant. */
export const DOUBTFUL: ReadonlySet<string> = new Set([
  'no_sampling_rate',
  'clock_skewed',
  'time_guessed',
  'address_unknown',
  'half_of_pair',
  'dissected_partly',
  'after_sequence_gap',
  'value_cut',
  'sampling_contradicted',
]);

/** RFC 4594 names of code points. */
export function dscpName(dscp: number): string | undefined {
  if (dscp === 46) return 'EF';
  if (dscp === 44) return 'VA';
  if (dscp === 1) return 'LE';
  if (dscp === 0) return 'best effort';
  if (dscp % 8 === 0) return `CS${dscp / 8}`;
  const drop = (dscp & 7) / 2;
  const group = dscp >> 3;
  return group >= 1 && group <= 4 && drop >= 1 && drop <= 3 && dscp % 2 === 0 ? `AF${group}${drop}` : undefined;
}

const PORTS: Readonly<Record<number, string>> = {
  22: 'ssh',
  25: 'smtp',
  53: 'dns',
  67: 'dhcp',
  80: 'http',
  123: 'ntp',
  179: 'bgp',
  389: 'ldap',
  443: 'https',
  445: 'smb',
  514: 'syslog',
  636: 'ldaps',
  853: 'dns over tls',
  1433: 'mssql',
  2049: 'nfs',
  2379: 'etcd',
  2380: 'etcd peer',
  3306: 'mysql',
  4789: 'vxlan',
  5432: 'postgres',
  5672: 'amqp',
  6081: 'geneve',
  6379: 'redis',
  6443: 'kube-apiserver',
  8080: 'http-alt',
  9090: 'prometheus',
  9092: 'kafka',
  9200: 'elasticsearch',
  10250: 'kubelet',
  11211: 'memcached',
  27017: 'mongodb',
};

/** What usually listens on a port, for the ports a cluster sees most. */
export function portName(port: number): string | undefined {
  return PORTS[port];
}
