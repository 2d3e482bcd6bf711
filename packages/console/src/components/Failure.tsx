// A question that was refused or failed, in plain words; a fault in the filter with the place it is at.
import { Alert } from '@patternfly/react-core/dist/esm/components/Alert';
import { ApiError } from '../api/client.ts';
import type { Fault } from '../api/types.ts';
import { useViewState } from '../state/use-view-state.ts';

/** The filter with the faulty part marked. */
function Place({ filter, fault }: { readonly filter: string; readonly fault: Fault }) {
  if (fault.from === undefined || fault.to === undefined || filter === '') return null;
  return (
    <code className="weir-fault-place">
      {filter.slice(0, fault.from)}
      <mark>{filter.slice(fault.from, fault.to) || '␣'}</mark>
      {filter.slice(fault.to)}
    </code>
  );
}

export function Failure({ error }: { readonly error: Error }) {
  const { state } = useViewState();
  const faults = error instanceof ApiError ? error.faults : [];
  return (
    <Alert isInline variant="danger" title={error instanceof ApiError ? error.title : 'This failed'} component="h3">
      {faults.length === 0 && <p>{error.message}</p>}
      {faults.map((fault) => (
        <div key={`${fault.from}${fault.message}`}>
          <p>
            {fault.message}
            {fault.suggestion !== undefined && !fault.message.includes(fault.suggestion) && (
              <>
                . Did you mean <code>{fault.suggestion}</code>?
              </>
            )}
          </p>
          <Place filter={state.filter} fault={fault} />
        </div>
      ))}
    </Alert>
  );
}
