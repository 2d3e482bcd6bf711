// What a person must know whatever the view: demo data, a Weir that is not ready, a server that does not answer.
import { Alert } from '@patternfly/react-core/dist/esm/components/Alert';
import { ApiError } from '../api/client.ts';
import { useStatus } from '../api/queries.ts';

export function Banners() {
  const { data: status, error } = useStatus();
  return (
    <div className="weir-banners" aria-live="polite">
      {error !== null && (
        <Alert
          isInline
          variant="danger"
          title={error instanceof ApiError ? error.title : 'Weir cannot be reached'}
          component="p"
        >
          {error.message} What you see may be old.
        </Alert>
      )}
      {error === null && status?.ready === false && (
        <Alert isInline variant="warning" title="Weir is not ready" component="p">
          {status.reasons.length > 0 ? status.reasons.join('. ') : 'It is still starting.'}
        </Alert>
      )}
      {status?.demo === true && (
        <p className="weir-demo">
          <strong>Demo data.</strong> A simulated cluster sends these flows. Remove them with{' '}
          <code>weir demo clean</code>.
        </p>
      )}
    </div>
  );
}
