// GET /api/v1/graph
import { compileGraph, GraphAnswer, GraphQuery } from '@weir/query';
import { route } from '../route.ts';

export const graph = route({
  path: 'graph',
  summary: 'Who talks to whom',
  description:
    'Edges between namespaces, workloads, pods, nodes or addresses. Ends that the inventory does not know are one node of their kind, except among pods and addresses.',
  query: GraphQuery,
  answer: GraphAnswer,
  answerName: 'GraphAnswer',
  example: 'from=now-15m&group=workload&filter=namespace+%3D+shop',
  handle: (query, asking) => asking.answer(compileGraph(query, asking.context())),
});
