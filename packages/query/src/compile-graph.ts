// Who talks to whom: the edges with the largest sums, and the nodes they join.
import type { GraphAnswer } from './answers.ts';
import {
  COUNT_GROUPS,
  type CompileContext,
  type Compiled,
  filterOf,
  metricsOf,
  type ResultRow,
  rangeOf,
} from './compile.ts';
import { mergeRows } from './merge-rows.ts';
import { metricValue, sumOf, sumsOf } from './metrics.ts';
import { type GraphQuery, orderOf } from './query-schema.ts';
import { filterNeeds } from './sql/filter.ts';
import { type NodeSide, nodeSide } from './sql/graph-nodes.ts';
import { groupValue } from './sql/group.ts';
import { keyColumn, keyColumns, matching, sumItems, withSql } from './sql/matching.ts';
import { Params } from './sql/params.ts';
import { plan } from './sql/plan.ts';
import { sumNeeds } from './sql/source.ts';

const SIDES = ['src', 'dst'] as const;
const PARTS = ['id', 'label', 'kind', 'namespace'] as const;

/** Compiles a graph query. Throws QueryError. */
export function compileGraph(query: GraphQuery, context: CompileContext): Compiled<Omit<GraphAnswer, 'meta'>> {
  const { from, to } = rangeOf(query, context.now);
  const filter = filterOf(query.filter);
  const sides = { src: nodeSide(query.group, 'src'), dst: nodeSide(query.group, 'dst') };
  const sums = sumsOf([...query.metrics, orderOf(query)]);
  const order = sums.indexOf(sumOf(orderOf(query)));
  const needs = [...filterNeeds(filter), { column: sides.src.column }, { column: sides.dst.column }, ...sumNeeds(sums)];
  const chosen = plan({ from, to, needs, resolution: query.resolution }, context);
  const params = new Params();
  const canonical = new Map(
    SIDES.flatMap((name) => {
      const side = sides[name];
      return side.canonical === undefined ? [] : [[side.column, side.canonical]];
    }),
  );
  const columns = SIDES.map((name) => sides[name].column);
  const rows = matching({ plan: chosen, filter, columns, canonical, sums }, params);

  const shown = SIDES.flatMap((name) => {
    const node = sides[name].sql(keyColumn(rows, sides[name].column));
    return PARTS.map((part) => `${node[part]} AS ${name}_node_${part}`);
  });
  const selected = [...shown, ...sumItems(sums)];
  const keys = keyColumns(rows).join(', ');
  const ranked = ` GROUP BY ${keys} WITH TOTALS ORDER BY m${order} DESC, ${keys} LIMIT ${query.limit}`;

  const seconds = (to - from) / 1000;
  return {
    sql: `${withSql(rows.with)}SELECT ${selected.join(', ')} FROM (\n${rows.sql}\n)${ranked}`,
    params: params.values,
    settings: COUNT_GROUPS,
    columns: selected.map((column) => column.replace(/^.* AS /, '')),
    resolution: chosen.resolution,
    from,
    to,
    warnings: [],
    answer(result) {
      const total = (index: number) => Number(result.totals?.[`m${index}`] ?? 0);
      const nodes = new Nodes(query.metrics.map((metric) => [metric, metricValue(metric, 0, seconds)]));
      const idsOf = (row: ResultRow) => SIDES.map((name) => idOf(name, sides[name], row));
      const edges = mergeRows(result.rows, idsOf, sums, order).map((edge) => {
        const values = metricsOf(query.metrics, seconds, (index) => edge.sums[index], sums);
        const from_ = nodes.at('src', sides.src, edge.row);
        const to_ = nodes.at('dst', sides.dst, edge.row);
        nodes.add(from_, to_, values);
        return { from: from_.id, to: to_.id, values };
      });
      return {
        nodes: nodes.all(),
        edges,
        total: metricsOf(query.metrics, seconds, total, sums),
        truncated: result.rowsBeforeLimit > result.rows.length,
      };
    },
  };
}

function idOf(name: (typeof SIDES)[number], side: NodeSide, row: ResultRow): string {
  const id = String(row[`${name}_node_id`] ?? '');
  return side.field === undefined ? id : String(groupValue(side.field, id));
}

type Node = GraphAnswer['nodes'][number];

/** The nodes of the edges seen so far, with their sums. */
class Nodes {
  readonly #nodes = new Map<string, Node>();
  readonly #zero: readonly (readonly [string, number])[];

  constructor(zero: readonly (readonly [string, number])[]) {
    this.#zero = zero;
  }

  at(name: (typeof SIDES)[number], side: NodeSide, row: ResultRow): Node {
    const read = (part: (typeof PARTS)[number]) => String(row[`${name}_node_${part}`] ?? '');
    const id = idOf(name, side, row);
    const known = this.#nodes.get(id);
    if (known !== undefined) return known;
    const namespace = read('namespace');
    const node: Node = {
      id,
      label: side.field === undefined ? read('label') : id,
      kind: read('kind'),
      ...(namespace === '' ? {} : { namespace }),
      values: Object.fromEntries(this.#zero),
      sent: Object.fromEntries(this.#zero),
      received: Object.fromEntries(this.#zero),
    };
    this.#nodes.set(id, node);
    return node;
  }

  /** Counts an edge at both its ends; what a node sends to itself counts once in `values`. */
  add(from: Node, to: Node, values: Readonly<Record<string, number>>): void {
    for (const [metric, value] of Object.entries(values)) {
      from.sent[metric] += value;
      to.received[metric] += value;
      from.values[metric] += value;
      if (from !== to) to.values[metric] += value;
    }
  }

  all(): Node[] {
    return [...this.#nodes.values()];
  }
}
