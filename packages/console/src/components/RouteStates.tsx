// What stands in for a view: while its code loads, when it failed, when there is none at the address.
import { Button } from '@patternfly/react-core/dist/esm/components/Button';
import { EmptyState, EmptyStateBody } from '@patternfly/react-core/dist/esm/components/EmptyState';
import { type ErrorComponentProps, Link } from '@tanstack/react-router';

export function ViewPending() {
  return <div className="weir-view" role="status" aria-label="Loading" />;
}

export function ViewFailed({ error, reset }: ErrorComponentProps) {
  return (
    <EmptyState status="danger" titleText="This view failed" headingLevel="h1">
      <EmptyStateBody>{error instanceof Error ? error.message : String(error)}</EmptyStateBody>
      <Button onClick={reset}>Try again</Button>
    </EmptyState>
  );
}

export function NotFound() {
  return (
    <EmptyState titleText="There is no such page" headingLevel="h1">
      <EmptyStateBody>
        Go to the <Link to="/overview">Overview</Link>.
      </EmptyStateBody>
    </EmptyState>
  );
}
