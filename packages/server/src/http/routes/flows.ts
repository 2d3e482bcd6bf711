// GET /api/v1/flows
import { FlowsAnswer, FlowsPager, FlowsQuery } from '@weir/query';
import { route } from '../route.ts';

export const flows = route({
  path: 'flows',
  summary: 'Flow records',
  description:
    'Flows, the newest or the largest first, a page at a time: give `next` as `cursor` for the page after, with the same `order`. Fields that are absent are left out. Codes are numbers; /api/v1/fields has their names.',
  query: FlowsQuery,
  answer: FlowsAnswer,
  answerName: 'FlowsAnswer',
  example: 'from=now-15m&limit=50&filter=dst_port+in+(80,443)',
  async handle(query, asking) {
    const pager = new FlowsPager(query, asking.context());
    while (!pager.done) pager.take(await asking.rows(pager.next()));
    const { flows, next } = pager.page();
    return { meta: asking.meta(pager, next !== null), flows, next };
  },
});
