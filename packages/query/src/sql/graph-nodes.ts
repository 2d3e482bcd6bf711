// What the nodes of a graph are: for each way to group, the SQL of a node's id, label, kind and namespace.
// Ends that the inventory does not name (outside, external, unresolved) become one node of their kind, unless single ends were asked for:
// a graph of namespaces must not have a node for every address of the internet.
import { GROUP_NAMES } from '../group-names.ts';
import type { FilterField } from '../language/catalogue.ts';
import type { GraphGroup } from '../query-schema.ts';
import { byDictionary, type Canonical, canonicalColumns, leastKey } from './canonical.ts';
import { groupSql } from './group.ts';
import { attributeOf, identifier } from './names.ts';

export interface NodeSql {
  /** Nodes with the same id are the same in all else. */
  readonly id: string;
  readonly label: string;
  readonly kind: string;
  readonly namespace: string;
}

export interface NodeSide {
  /** Raw column. */
  readonly column: string;
  /** Which of its keys stand for each other; absent when every key is a node. */
  readonly canonical?: Canonical;
  /** Field whose text the label is, when it is not an entity. */
  readonly field?: FilterField;
  sql(raw: string): NodeSql;
}

/** What a node is, of the SQL of an entity's key and of its attributes. */
type EntityNode = (key: string, of: (attribute: string) => string) => NodeSql;

/** `outside`: an end that has no entity, because the inventory does not reach that far. `unknown`: its row is yet to come. */
const kindOf: (...entity: Parameters<EntityNode>) => string = (key, of) =>
  `multiIf(${key} = 0, 'outside', ${of('kind')} = '', 'unknown', ${of('kind')})`;

/** Node of an attribute that many entities share; those without it are one node of their kind. */
function shared(attribute: string): EntityNode {
  return (key, of) => {
    const value = of(attribute);
    const kind = kindOf(key, of);
    return {
      id: `if(${value} = '', concat('kind:', ${kind}), concat('${attribute}:', ${value}))`,
      label: `if(${value} = '', ${kind}, ${value})`,
      kind: `if(${value} = '', ${kind}, '${attribute}')`,
      namespace: "''",
    };
  };
}

/** Kinds that are nodes by themselves among workloads. */
const SINGLE_KINDS = "('service', 'node', 'process', 'loadbalancer')";

const workload: EntityNode = (key, of) => {
  const name = of('workload');
  const single = `${of('kind')} IN ${SINGLE_KINDS}`;
  const own = `concat(${of('kind')}, ':', ${of('namespace')}, '/', ${of('name')})`;
  const whole = `concat('workload:', ${of('namespace')}, '/', ${of('workload_kind')}, '/', ${name})`;
  return {
    id: `multiIf(${name} != '', ${whole}, ${single}, ${own}, concat('kind:', ${kindOf(key, of)}))`,
    label: `multiIf(${name} != '', ${name}, ${single}, ${of('name')}, ${kindOf(key, of)})`,
    kind: `if(${name} != '', 'workload', ${kindOf(key, of)})`,
    // All others of a kind are one node, whatever their namespaces are.
    namespace: `if(${name} != '' OR ${single}, ${of('namespace')}, '')`,
  };
};

/** Every entity by itself: pods, nodes, services, external networks, unresolved addresses. */
const single: EntityNode = (key, of) => ({
  id: `toString(${key})`,
  label: `if(${of('name')} = '', ${kindOf(key, of)}, ${of('name')})`,
  kind: kindOf(key, of),
  namespace: of('namespace'),
});

function plain(field: FilterField, kind: string): (raw: string) => NodeSql {
  return (raw) => {
    const value = `toString(${groupSql(field, raw)})`;
    return { id: value, label: value, kind: `'${kind}'`, namespace: "''" };
  };
}

const KIND_OF_PLAIN: Partial<Record<GraphGroup, string>> = {
  addr: 'address',
  as: 'as',
  country: 'country',
  subnet_name: 'subnet',
};

/** How one side of a graph is grouped. */
export function nodeSide(group: GraphGroup, side: 'src' | 'dst'): NodeSide {
  const plainKind = KIND_OF_PLAIN[group];
  if (plainKind !== undefined) {
    const field = GROUP_NAMES.get(`${side}_${group}`) as FilterField;
    const canonical = canonicalColumns([field]).get(field.column);
    const sql = plain(field, plainKind);
    return { column: field.column, field, sql, ...(canonical === undefined ? {} : { canonical }) };
  }
  const node = group === 'pod' ? single : group === 'workload' ? workload : shared(group);
  return {
    column: `${side}_entity`,
    sql: (raw) => node(raw, (attribute) => attributeOf('entities', attribute, raw)),
    ...(group === 'pod' ? {} : { canonical: canonicalNode(node) }),
  };
}

/** Stands for keys whose row is yet to come: a key that nothing has. Key 0 is that of ends outside. */
const UNKNOWN = 'toUInt64(18446744073709551615)';

/** Of entities that are the same node, the least key. */
function canonicalNode(node: EntityNode): Canonical {
  const { id } = node('key', identifier);
  const standsFor = `multiIf(${id} = 'kind:outside', 0, ${id} = 'kind:unknown', ${UNKNOWN}, ${leastKey([id])})`;
  return byDictionary('entities', standsFor, UNKNOWN);
}
