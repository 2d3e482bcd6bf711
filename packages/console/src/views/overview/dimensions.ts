// What traffic can be split by: the common ways by name, and any other field that answers can be grouped by.
import type { FieldInfo } from '../../api/types.ts';
import type { Option } from '../../components/Choice.tsx';
import type { Share, Talkers } from '../../state/search.ts';

const COMMON: readonly (readonly [fields: string, label: string])[] = [
  ['src_namespace', 'Source namespace'],
  ['dst_namespace', 'Destination namespace'],
  ['src_namespace,dst_namespace', 'Namespaces, source → destination'],
  ['src_namespace,src_workload', 'Source workload'],
  ['dst_namespace,dst_workload', 'Destination workload'],
  ['src_node', 'Source node'],
  ['dst_node', 'Destination node'],
  ['service_namespace,service_name', 'Service'],
  ['proto', 'Protocol'],
  ['server_port', 'Server port'],
  ['flow_type', 'Where it flows'],
  ['exporter_name,exporter_address', 'Exporter'],
];

/** The choices of the traffic chart. `chosen` is among them even where nothing offers it. */
export function splitOptions(fields: readonly FieldInfo[], chosen: string): readonly Option[] {
  const named = COMMON.map(([value, label]) => ({ value, label }));
  const known = new Set(COMMON.map(([value]) => value));
  const rest = fields
    .filter((field) => field.groupable && (field.present || field.attribute) && !known.has(field.name))
    .map((field) => ({ value: field.name, label: field.name, description: field.description }));
  const options: Option[] = [...named, ...rest];
  if (!options.some((option) => option.value === chosen)) {
    options.push({ value: chosen, label: chosen.replaceAll(',', ', ') });
  }
  return options;
}

/** Fields that make the pairs of the talkers table. */
export const TALKER_FIELDS: Readonly<Record<Talkers, readonly string[]>> = {
  namespace: ['src_namespace', 'dst_namespace'],
  workload: ['src_namespace', 'src_workload', 'dst_namespace', 'dst_workload'],
  pod: ['src_namespace', 'src_name', 'dst_namespace', 'dst_name'],
  node: ['src_node', 'dst_node'],
  address: ['src_addr', 'dst_addr'],
};

export const TALKER_OPTIONS: readonly Option[] = [
  { value: 'namespace', label: 'Namespaces' },
  { value: 'workload', label: 'Workloads' },
  { value: 'pod', label: 'Pods and hosts' },
  { value: 'node', label: 'Nodes' },
  { value: 'address', label: 'Addresses' },
];

export const SHARE_FIELDS: Readonly<Record<Share, readonly string[]>> = {
  port: ['proto', 'server_port'],
  service: ['service_namespace', 'service_name'],
  flow_type: ['flow_type'],
  dscp: ['dscp'],
};

export const SHARE_OPTIONS: readonly Option[] = [
  { value: 'port', label: 'Server ports' },
  { value: 'service', label: 'Services' },
  { value: 'flow_type', label: 'Where it flows' },
  { value: 'dscp', label: 'Traffic classes (DSCP)' },
];
