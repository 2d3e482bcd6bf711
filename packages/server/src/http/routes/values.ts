// GET /api/v1/values
import { compileValues, ValuesAnswer, ValuesQuery } from '@weir/query';
import { route } from '../route.ts';

export const values = route({
  path: 'values',
  summary: 'Values of a field',
  description:
    'For completion: names from what is known of the cluster, numbers and addresses from the last hour of flows.',
  query: ValuesQuery,
  answer: ValuesAnswer,
  answerName: 'ValuesAnswer',
  example: 'field=namespace&prefix=sh',
  async handle(query, asking) {
    const compiled = compileValues(query, asking.context());
    if ('known' in compiled) return { values: compiled.known };
    return { values: compiled.answer(await asking.rows(compiled)) };
  },
});
