// What the nodes of a graph are: for each way to group, the SQL of a node's id, label, kind and namespace.
// Ends that the inventory does not name (outside, external, unresolved) become one node of their kind, unless single ends were asked for:
// a graph of namespaces must not have a node for every address of the internet.
import { GROUP_NAMES } from '../group-names.ts';
import type { FilterField } from '../language/catalogue.ts';
import type { GraphGroup } from '../query-schema.ts';
import { groupSql } from './group.ts';
import { attributeOf, identifier } from './names.ts';

export interface NodeSql {
  readonly id: string;
  readonly label: string;
  readonly kind: string;
  readonly namespace: string;
}

export interface NodeSide {
  /** Raw column. */
  readonly column: string;
  /** Expressions over the entities dimension that tell its nodes apart; absent when every key is a node. */
  readonly alike?: readonly string[];
  /** Field whose text the label is, when it is not an entity. */
  readonly field?: FilterField;
  sql(raw: string): NodeSql;
}

const entity = (attribute: string, raw: string) => attributeOf('entities', attribute, raw);
/** `outside`: an end that has no entity, because the inventory does not reach that far. `unknown`: its row is yet to come. */
const kindOf = (raw: string) =>
  `multiIf(${raw} = 0, 'outside', ${entity('kind', raw)} = '', 'unknown', ${entity('kind', raw)})`;

/** Node of an attribute that many entities share; those without it are one node of their kind. */
function shared(attribute: string): (raw: string) => NodeSql {
  return (raw) => {
    const value = entity(attribute, raw);
    return {
      id: `if(${value} = '', concat('kind:', ${kindOf(raw)}), concat('${attribute}:', ${value}))`,
      label: `if(${value} = '', ${kindOf(raw)}, ${value})`,
      kind: `if(${value} = '', ${kindOf(raw)}, '${attribute}')`,
      namespace: "''",
    };
  };
}

/** Kinds that are nodes by themselves among workloads. */
const SINGLE_KINDS = "('service', 'node', 'process', 'loadbalancer')";

function workload(raw: string): NodeSql {
  const name = entity('workload', raw);
  const single = `${entity('kind', raw)} IN ${SINGLE_KINDS}`;
  const own = `concat(${entity('kind', raw)}, ':', ${entity('namespace', raw)}, '/', ${entity('name', raw)})`;
  const whole = `concat('workload:', ${entity('namespace', raw)}, '/', ${entity('workload_kind', raw)}, '/', ${name})`;
  return {
    id: `multiIf(${name} != '', ${whole}, ${single}, ${own}, concat('kind:', ${kindOf(raw)}))`,
    label: `multiIf(${name} != '', ${name}, ${single}, ${entity('name', raw)}, ${kindOf(raw)})`,
    kind: `if(${name} != '', 'workload', ${kindOf(raw)})`,
    namespace: entity('namespace', raw),
  };
}

/** Every entity by itself: pods, nodes, services, external networks, unresolved addresses. */
function single(raw: string): NodeSql {
  return {
    id: `toString(${raw})`,
    label: `if(${entity('name', raw)} = '', ${kindOf(raw)}, ${entity('name', raw)})`,
    kind: kindOf(raw),
    namespace: entity('namespace', raw),
  };
}

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
    return { column: field.column, field, sql: plain(field, plainKind) };
  }
  const column = `${side}_entity`;
  const sql = group === 'pod' ? single : group === 'workload' ? workload : shared(group);
  return { column, sql, ...(group === 'pod' ? {} : { alike: alikeOf(group) }) };
}

/** What an entity's node depends on, for groups of entities. */
function alikeOf(group: GraphGroup): readonly string[] {
  if (group !== 'workload') return ['kind', identifier(group)];
  return ['kind', 'namespace', 'workload', 'workload_kind', `if(kind IN ${SINGLE_KINDS}, name, '')`];
}
