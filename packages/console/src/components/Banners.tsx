// What a person must know whatever the view: demo data, a Weir that is not ready or needs attention, a server that does not answer.
import { Alert } from '@patternfly/react-core/dist/esm/components/Alert';
import { Link } from '@tanstack/react-router';
import { ApiError } from '../api/client.ts';
import { useStatus } from '../api/queries.ts';

/** Sentences in the banner; of more only how many there are. */
const TOLD = 2;

export function Banners() {
  const { data: status, error } = useStatus();
  const degraded = status?.degraded ?? [];
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
      {error === null && status?.ready === true && degraded.length > 0 && (
        <Alert isInline variant="warning" title="Weir works, but needs attention" component="p">
          <ul className="weir-degraded">
            {degraded.slice(0, TOLD).map((text) => (
              <li key={text}>{text}.</li>
            ))}
          </ul>
          {degraded.length > TOLD && (
            <Link to="/exporters" search={(before) => ({ ...before, row: undefined })} className="weir-link">
              {degraded.length - TOLD} more on the Exporters page
            </Link>
          )}
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
