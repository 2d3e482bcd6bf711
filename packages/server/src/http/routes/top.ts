// GET /api/v1/top
import { compileTop, TopAnswer, TopQuery } from '@weir/query';
import { route } from '../route.ts';

export const top = route({
  path: 'top',
  summary: 'Largest groups',
  description: 'The groups with the largest sums, one row for all others, and the total of everything that matches.',
  query: TopQuery,
  answer: TopAnswer,
  answerName: 'TopAnswer',
  example: 'from=now-15m&by=src_pod,dst_pod&metrics=bytes,packets&limit=20',
  handle: (query, asking) => asking.answer(compileTop(query, asking.context())),
});
