// Compiles a template once: which step reads each field, in which order. Elements that have no column have no step; their bytes are
// passed over by the stride. Plain one-to-one cases come from the field catalogue's `elements`; the rest is named below.
import { FIELD, FIELDS, type Field, QUALITY } from '@weir/record';
import type { ElementKey } from '../ipfix/registry.ts';
import { addressSteps, ipv4EndsStep, ipv4PathStep } from './address-steps.ts';
import { COUNTER_FIELDS, counterSteps } from './counter-steps.ts';
import { exporterSteps } from './exporter-steps.ts';
import {
  directionStep,
  icmpSteps,
  mplsStep,
  ovsTunnelTypeStep,
  segmentStep,
  textStep,
  trafficClassAndDirectionStep,
  trafficClassStep,
} from './header-steps.ts';
import { type Layout, layOut, type Slot } from './layout.ts';
import { optionsStep } from './options.ts';
import type { Step } from './run.ts';
import { rateSlots, type SamplingPlan } from './sampling.ts';
import { type Copy, copySteps, lazily, scalarSteps } from './scalar.ts';
import type { Template } from './template.ts';
import { timePlan } from './time-steps.ts';

export interface Plan {
  readonly layout: Layout;
  readonly steps: readonly Step[];
  readonly sampling: SamplingPlan;
  /** Steps that scale by the sampling rate, and so come when that is settled. */
  readonly counters: readonly Step[];
  /** Whether the template lacks a flow's start or end. */
  readonly timeMissing: boolean;
  /** Gives times to records without. */
  readonly settleTimes: Step;
  /** Quality bits that hold for all records of the template. */
  readonly quality: number;
}

type Slots = ReadonlyMap<ElementKey, readonly Slot[]>;

/** Scalar columns that are not a plain copy of the first element that is not zero. */
const SPECIAL: ReadonlySet<string> = new Set([
  ...COUNTER_FIELDS,
  'time_start',
  'time_end',
  'exporter',
  // Our own: the exporter's flow and template ids mean something else.
  'flow_id',
  'template_id',
  'dscp',
  'ecn',
  'icmp_type',
  'icmp_code',
  'direction',
  'tunnel_type',
  'tunnel_id',
  'sampling_rate',
  // Keys of policies are made of several names; nothing makes those rows from flow records yet.
  'policy_in',
  'policy_out',
]);

export function compile(template: Template): Plan {
  const layout = layOut(template.fields);
  const slots = new Map<ElementKey, Slot[]>();
  for (const slot of layout.slots) {
    const same = slots.get(slot.key);
    if (same === undefined) slots.set(slot.key, [slot]);
    else same.push(slot);
  }
  const first = (key: ElementKey) => slots.get(key)?.[0];
  const sampling: SamplingPlan = { record: rateSlots(first), sampler: first(48), selector: first(302) };
  const times = timePlan((element) => first(element));
  const plan = { layout, sampling, timeMissing: times.missing, settleTimes: times.settle };
  if (template.options) return { ...plan, steps: [optionsStep(slots)], counters: [], quality: 0 };
  const steps = [...plainSteps(slots), ...headerSteps(slots, first), ...times.steps, ...exporterSteps(slots)];
  return { ...plan, steps, counters: counterSteps(first), quality: templateQuality(slots) };
}

function plainSteps(slots: Slots): Step[] {
  const { steps, fields: done } = ipv4Steps(slots);
  const copies: Copy[] = [];
  for (const field of FIELDS) {
    if (SPECIAL.has(field.name)) continue;
    const found = field.elements.flatMap((key) => slots.get(key) ?? []);
    if (found.length === 0) continue;
    if (field.kind === 'addr') {
      if (done.includes(field)) continue;
      const isEnd = field === FIELD.src_addr || field === FIELD.dst_addr;
      steps.push(...addressSteps(field as Field<'addr'>, found, isEnd));
    } else if (field.kind === 'str') {
      steps.push(textStep(field as Field<'str'>, found[0]));
      // Open vSwitch sends interfaceName and interfaceDescription twice: of the ingress, then of the egress interface.
      if (field === FIELD.in_if_name && found.length > 1) steps.push(textStep(FIELD.out_if_name, found[1]));
      if (field === FIELD.in_if_alias && found.length > 1) steps.push(textStep(FIELD.out_if_alias, found[1]));
    } else if (!field.kind.startsWith('list')) copies.push({ field, slots: found });
  }
  return [...copySteps(copies), ...steps];
}

/** The usual case: both ends are IPv4 and nothing else, and so is the next hop if there is one. Answers which fields the steps fill. */
function ipv4Steps(slots: Slots): { steps: Step[]; fields: readonly Field[] } {
  const only = (field: Field, key: ElementKey): Slot | undefined => {
    const [slot, another] = field.elements.flatMap((element) => slots.get(element) ?? []);
    return slot?.key === key && slot.length === 4 && another === undefined ? slot : undefined;
  };
  const source = only(FIELD.src_addr, 8);
  const destination = only(FIELD.dst_addr, 12);
  const hop = only(FIELD.next_hop, 15);
  if (source === undefined || destination === undefined) return { steps: [], fields: [] };
  const ends = [FIELD.src_addr, FIELD.dst_addr];
  if (hop === undefined) return { steps: [ipv4EndsStep(source, destination)], fields: ends };
  return { steps: [ipv4PathStep(source, destination, hop)], fields: [...ends, FIELD.next_hop] };
}

function headerSteps(slots: Slots, first: (key: ElementKey) => Slot | undefined): Step[] {
  const steps: Step[] = [];
  const dscp = first(195);
  const trafficClass = first(5);
  if (dscp !== undefined) steps.push(...scalarSteps(FIELD.dscp, [dscp]));
  const direction = first(61);
  const hasClass = trafficClass !== undefined && !trafficClass.variable;
  const hasDirection = direction !== undefined && !direction.variable;
  if (hasClass && hasDirection && dscp === undefined) steps.push(trafficClassAndDirectionStep(trafficClass, direction));
  else {
    if (hasClass) steps.push(trafficClassStep(trafficClass, dscp === undefined));
    if (hasDirection) steps.push(directionStep(direction));
  }
  steps.push(...icmpSteps(first));
  const labels = FIELD.mpls_labels.elements.flatMap((key) => slots.get(key) ?? []);
  if (labels.length > 0) steps.push(mplsStep(labels));
  const tunnelType = first('6876/891');
  if (tunnelType !== undefined) steps.push(ovsTunnelTypeStep(tunnelType));
  const tunnelKey = first('6876/892');
  if (tunnelKey !== undefined) steps.push(...scalarSteps(FIELD.tunnel_id, [tunnelKey]));
  const segment = first(351);
  if (segment !== undefined) steps.push(segmentStep(segment));
  steps.push(...verdictSteps(first));
  return steps;
}

/** Antrea's rule actions (1 allow, 2 drop, 3 reject) are the verdict's codes; the stronger of the two sides decides. */
function verdictSteps(first: (key: ElementKey) => Slot | undefined): Step[] {
  const actions = [first('56506/139'), first('56506/140')].filter((slot) => slot !== undefined);
  if (actions.length === 0) return [];
  const step: Step = (run) => {
    const verdict = run.batch.use(FIELD.verdict);
    const source = run.batch.use(FIELD.verdict_source);
    for (let row = run.row, record = run.start; row < run.end; row++, record += run.stride) {
      for (const slot of actions) {
        const action = slot.variable ? 0 : run.data[record + slot.offset + slot.length - 1];
        if (action > 0 && action <= 3) {
          verdict[row] = Math.max(verdict[row], action);
          source[row] = 1;
        }
      }
    }
  };
  return [lazily(FIELD.verdict, actions, step)];
}

function templateQuality(slots: Slots): number {
  const has = (field: Field) => field.elements.some((key) => slots.has(key));
  return (
    (has(FIELD.src_as) || has(FIELD.dst_as) ? QUALITY.as_given : 0) |
    (has(FIELD.src_addr) && has(FIELD.dst_addr) ? 0 : QUALITY.address_unknown)
  );
}
