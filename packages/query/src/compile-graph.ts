// Who talks to whom: the edges with the largest sums, and the nodes they join.
import type { GraphAnswer } from './answers.ts';
import { type CompileContext, type Compiled, filterOf, metricsOf, type ResultRow, rangeOf } from './compile.ts';
import { metricValue, sumOf, sumsOf } from './metrics.ts';
import { type GraphQuery, orderOf } from './query-schema.ts';
import { aggregate, rawColumn } from './sql/aggregate.ts';
import { filterNeeds } from './sql/filter.ts';
import { type NodeSide, nodeSide } from './sql/graph-nodes.ts';
import { groupValue } from './sql/group.ts';
import { Params } from './sql/params.ts';
import { plan } from './sql/plan.ts';

const PARTS = ['id', 'label', 'kind', 'namespace'] as const;

/** Compiles a graph query. Throws QueryError. */
export function compileGraph(query: GraphQuery, context: CompileContext): Compiled<Omit<GraphAnswer, 'meta'>> {
  const { from, to } = rangeOf(query, context.now);
  const filter = filterOf(query.filter);
  const sides = { src: nodeSide(query.group, 'src'), dst: nodeSide(query.group, 'dst') };
  const order = orderOf(query);
  const sums = sumsOf([...query.metrics, order]);
  const needs = [...filterNeeds(filter), { column: sides.src.column }, { column: sides.dst.column }];
  const chosen = plan({ from, to, needs, resolution: query.resolution }, context);
  const params = new Params();
  const alike = new Map(
    [sides.src, sides.dst].flatMap(({ column, alike: same }) => (same === undefined ? [] : [[column, same]])),
  );
  const raw = aggregate({ plan: chosen, filter, columns: [sides.src.column, sides.dst.column], alike, sums }, params);

  const groups = (['src', 'dst'] as const).flatMap((name) => PARTS.map((part) => `${name}_node_${part}`));
  const named = (['src', 'dst'] as const).flatMap((name) => {
    const node = sides[name].sql(rawColumn(raw, sides[name].column));
    return PARTS.map((part) => `${node[part]} AS ${name}_node_${part}`);
  });
  const columns = [
    ...groups,
    ...sums.map((_, index) => `m${index}`),
    ...sums.map((_, index) => `sum(m${index}) OVER () AS total${index}`),
    'toFloat64(count() OVER ()) AS groups',
  ];
  const sql = `${raw.with}SELECT ${columns.join(', ')} FROM (
SELECT ${[...named, ...sums.map((_, index) => `toFloat64(sum(s${index})) AS m${index}`)].join(', ')} FROM (
${raw.sql}
) GROUP BY ${groups.join(', ')}
) ORDER BY m${sums.indexOf(sumOf(order))} DESC, src_node_id, dst_node_id LIMIT ${query.limit}`;

  const seconds = (to - from) / 1000;
  return {
    sql,
    params: params.values,
    columns: columns.map((column) => column.replace(/^.* AS /, '')),
    resolution: chosen.resolution,
    from,
    to,
    warnings: [],
    answer(rows) {
      const total = (index: number) => Number(rows[0]?.[`total${index}`] ?? 0);
      const valuesOf = (row: ResultRow) => metricsOf(query.metrics, seconds, (index) => Number(row[`m${index}`]), sums);
      const nodes = new Nodes(query.metrics.map((metric) => [metric, metricValue(metric, 0, seconds)]));
      const edges = rows.map((row) => {
        const values = valuesOf(row);
        const from_ = nodes.at('src', sides.src, row);
        const to_ = nodes.at('dst', sides.dst, row);
        nodes.add(from_, to_, values);
        return { from: from_.id, to: to_.id, values };
      });
      return {
        nodes: nodes.all(),
        edges,
        total: metricsOf(query.metrics, seconds, total, sums),
        truncated: Number(rows[0]?.groups ?? 0) > rows.length,
      };
    },
  };
}

type Node = GraphAnswer['nodes'][number];

/** The nodes of the edges seen so far, with their sums. */
class Nodes {
  readonly #nodes = new Map<string, Node>();
  readonly #zero: readonly (readonly [string, number])[];

  constructor(zero: readonly (readonly [string, number])[]) {
    this.#zero = zero;
  }

  at(name: 'src' | 'dst', side: NodeSide, row: ResultRow): Node {
    const read = (part: (typeof PARTS)[number]) => String(row[`${name}_node_${part}`] ?? '');
    const id = side.field === undefined ? read('id') : String(groupValue(side.field, read('id')));
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
