// Where Weir and tshark read a recorded message differently and Weir is right or both have a point, and which messages Weir refuses
// in part or whole. The tests fail for anything that is not listed here, and for anything listed that no longer happens.
import type { AccountName } from '@weir/record';
import type { Disagreement } from './compare.ts';

export interface Accepted extends Pick<Disagreement, 'file' | 'field' | 'count'> {
  readonly why: string;
}

export const ACCEPTED: readonly Accepted[] = [
  {
    file: 'netflow-ipfix-dat/ipfix_test_yaf_data53248.dat',
    field: 'flows',
    count: 1,
    why: 'options data: the statistics of the exporter itself count packets, but are no flow',
  },
  {
    file: 'telegraf/ipfix_example/ipfix_5.bin',
    field: 'flows',
    count: 1,
    why: 'options data: the statistics of the exporter itself count packets, but are no flow',
  },
  {
    file: 'netflow-ipfix-dat/netflow9_test_h3c_data3281.dat',
    field: 'flows',
    count: 15,
    why: 'tshark gives up in the first record, at element 43 which it takes for a 4-byte address and this exporter sends in 2 bytes',
  },
  {
    file: 'netflow-ipfix-dat/netflow9_test_invalid01.dat',
    field: 'flows',
    count: 2,
    why: 'the header counts 2 records and there are more: tshark stops after two, Weir reads what the length of the datagram holds',
  },
];

/** Messages that are not read to their end, with the accounts of the ledger that say so. */
export const REFUSED: Readonly<Record<string, Readonly<Partial<Record<AccountName, number>>>>> = {
  'netflow-ipfix-dat/netflow5_test_invalid01.dat': { datagrams_malformed: 1 },
  'telegraf/issue_14370/message.bin': { datagrams_malformed: 1 },
};
