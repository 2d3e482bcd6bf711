// Rows of dimensions with what a test does not care about filled in.
import {
  type DimensionRow,
  type EntityRow,
  entityKey,
  exporterKey,
  FAR_FUTURE,
  type Key,
  keyText,
  stringKey,
} from '@weir/record';

export function podRow(key: Key, name: string, rest: Partial<EntityRow> = {}): EntityRow {
  return {
    key: keyText(key),
    kind: 'pod',
    cluster: 'c1',
    namespace: 'shop',
    name,
    workload: '',
    workload_kind: '',
    node: '',
    zone: '',
    region: '',
    network: '',
    labels: {},
    annotations: {},
    addresses: [],
    valid_from: 0,
    valid_to: FAR_FUTURE,
    resolved: 1,
    version: '1',
    ...rest,
  };
}

export const podKey = (name: string, uid = ''): Key => entityKey('c1', 'pod', 'shop', name, uid);

export function exporterRow(address: string, name: string, version = '1'): DimensionRow<'exporters'> {
  return {
    key: keyText(exporterKey(address)),
    address,
    name,
    node: name,
    group: '',
    site: '',
    protocols: ['netflow5'],
    first_seen: 0,
    last_seen: 0,
    demo: 0,
    version,
  };
}

export function textRow(text: string, version = '1'): DimensionRow<'strings'> {
  return { key: keyText(stringKey(text)), text, version };
}
