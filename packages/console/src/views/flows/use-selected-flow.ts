// The flow in the drawer: among the rows where it is there, else asked for, so that a link to a flow works.
import { useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import { get } from '../../api/client.ts';
import type { Flow, FlowsAnswer } from '../../api/types.ts';
import type { ViewState } from '../../state/search.ts';
import { parseRowId, rowId } from './columns.ts';

export function useSelectedFlow(state: ViewState, flows: readonly Flow[]): Flow | undefined {
  const last = useRef<Flow>(undefined);
  const wanted = parseRowId(state.row);
  const here = wanted === undefined ? undefined : flows.find((flow) => rowId(flow) === state.row);
  // A refresh or the tail may push the row out: what is being read stays.
  const kept = last.current !== undefined && rowId(last.current) === state.row ? last.current : undefined;
  const asked = useQuery({
    queryKey: ['flow', state.row],
    enabled: wanted !== undefined && here === undefined && kept === undefined,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }) => {
      if (wanted === undefined) return null;
      const answer = await get<FlowsAnswer>(
        'flows',
        { filter: `flow_id = ${wanted.flowId}`, from: wanted.time, to: wanted.time + 1, limit: 10 },
        signal,
      );
      return answer.flows.find((flow) => rowId(flow) === state.row) ?? null;
    },
  });
  if (wanted === undefined) return undefined;
  const flow = here ?? kept ?? asked.data ?? undefined;
  last.current = flow;
  return flow;
}
