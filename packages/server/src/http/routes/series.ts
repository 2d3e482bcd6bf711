// GET /api/v1/series
import { compileSeries, SeriesAnswer, SeriesQuery } from '@weir/query';
import { route } from '../route.ts';

export const series = route({
  path: 'series',
  summary: 'Time series',
  description: 'Metrics over time, for each of the largest groups; the others are summed in one series marked `other`.',
  query: SeriesQuery,
  answer: SeriesAnswer,
  answerName: 'SeriesAnswer',
  example: 'from=now-1h&by=src_namespace&metrics=bits_per_second&limit=5',
  handle: (query, asking) => asking.answer(compileSeries(query, asking.context())),
});
