// Records that tell of an event and not, or not only, of traffic: a firewall's decisions and a translator's mappings. They say so in
// elements of their own; the row's `record_type` keeps them apart from flows.
import { FIELD, RECORD_TYPE, VERDICT, VERDICT_SOURCE } from '@weir/record';
import type { ElementKey } from '../ipfix/registry.ts';
import type { Slot } from './layout.ts';
import { lowWord, type Step } from './run.ts';
import { lazily } from './scalar.ts';

/** Values of element 233 (firewallEvent), and of 40005 in the NetFlow v9 of Cisco's older ASAs, that another element stands for. */
const FIREWALL = { deleted: 2, denied: 3 } as const;

/**
 * Element 33002 of Cisco's ASAs (NF_F_FW_EXT_EVENT): why. From 1001 on a connection was denied (by an ingress or egress ACL, to the firewall
 * itself, or for a first packet that is no SYN), from 2001 on it was torn down.
 */
const EXTENDED = { denied: 1001, deleted: 2001, end: 3000 } as const;

/** By firewallEvent: ignore, flow created, deleted, denied, alert, updated. */
const TYPES: readonly number[] = [
  RECORD_TYPE.flow,
  RECORD_TYPE.conversation_start,
  RECORD_TYPE.conversation_end,
  RECORD_TYPE.deny,
  RECORD_TYPE.alert,
  RECORD_TYPE.conversation_update,
];

const VERDICTS: readonly number[] = [
  VERDICT.unknown,
  VERDICT.allowed,
  VERDICT.allowed,
  VERDICT.dropped,
  VERDICT.unknown,
  VERDICT.allowed,
];

/** Steps for `record_type` and the verdict that comes with it. A firewall's event counts before a translator's in the same record. */
export function eventSteps(first: (key: ElementKey) => Slot | undefined): Step[] {
  const firewall = [233, 40005].map(first).filter((slot) => slot !== undefined);
  const extended = first(33002);
  const nat = first(230);
  const steps: Step[] = [];
  if (nat !== undefined) steps.push(lazily(FIELD.record_type, [nat], natStep(nat)));
  const slots = extended === undefined ? firewall : [...firewall, extended];
  if (slots.length > 0) steps.push(lazily(FIELD.record_type, slots, firewallStep(firewall, extended)));
  return steps;
}

function firewallStep(slots: readonly Slot[], extended: Slot | undefined): Step {
  return (run) => {
    const types = run.batch.use(FIELD.record_type);
    const verdicts = run.batch.use(FIELD.verdict);
    const sources = run.batch.use(FIELD.verdict_source);
    for (let row = run.row, record = run.start; row < run.end; row++, record += run.stride) {
      let event = 0;
      for (let s = 0; s < slots.length && event === 0; s++) event = lowWord(run, slots[s], record);
      if (event === 0 && extended !== undefined) event = eventOf(lowWord(run, extended, record));
      // 0 is "ignore"; what is above has no meaning yet.
      if (event === 0 || event >= TYPES.length) continue;
      types[row] = TYPES[event];
      if (VERDICTS[event] === VERDICT.unknown) continue;
      verdicts[row] = VERDICTS[event];
      sources[row] = VERDICT_SOURCE.reported;
    }
  };
}

function eventOf(extended: number): number {
  if (extended < EXTENDED.denied || extended >= EXTENDED.end) return 0;
  return extended < EXTENDED.deleted ? FIREWALL.denied : FIREWALL.deleted;
}

/** Element 230 (natEvent): any but 0 is an event, be it of a session, an address, a block of ports or a quota (RFC 8158 section 4.3). */
function natStep(slot: Slot): Step {
  return (run) => {
    const types = run.batch.use(FIELD.record_type);
    for (let row = run.row, record = run.start; row < run.end; row++, record += run.stride) {
      if (lowWord(run, slot, record) !== 0) types[row] = RECORD_TYPE.nat_event;
    }
  };
}
