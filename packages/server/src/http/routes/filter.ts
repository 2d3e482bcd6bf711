// GET /api/v1/filter
import { FilterAnswer, FilterQuery } from '@weir/query';
import { parseFilter } from '@weir/query/language';
import { route } from '../route.ts';

export const filter = route({
  path: 'filter',
  summary: 'Check a filter',
  description: 'Whether a filter can be read, and what is wrong with it where.',
  query: FilterQuery,
  answer: FilterAnswer,
  answerName: 'FilterAnswer',
  example: 'text=dst_prot+%3D+80',
  handle(query) {
    const errors = parseFilter(query.text).errors.map((error) => ({ ...error }));
    return { ok: errors.length === 0, errors };
  },
});
