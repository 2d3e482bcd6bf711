// Refreshing: now, or by itself every few seconds. The icon turns while an answer is on its way.

import { Button } from '@patternfly/react-core/dist/esm/components/Button';
import SyncAltIcon from '@patternfly/react-icons/dist/esm/icons/sync-alt-icon';
import { useIsFetching, useQueryClient } from '@tanstack/react-query';
import { REFRESH_CHOICES, type Refresh } from '../state/time-range.ts';
import { Choice } from './Choice.tsx';

const OPTIONS = REFRESH_CHOICES.map((value) => ({ value, label: value === 'off' ? 'Off' : `Every ${value}` }));

interface Props {
  readonly refresh: Refresh;
  readonly onChange: (refresh: Refresh) => void;
}

export function RefreshControl({ refresh, onChange }: Props) {
  const client = useQueryClient();
  const busy = useIsFetching({ predicate: ({ queryKey }) => queryKey[0] !== 'status' && queryKey[0] !== 'fields' }) > 0;
  return (
    <div className="weir-refresh">
      <Button
        variant="control"
        size="sm"
        aria-label="Refresh now"
        icon={<SyncAltIcon className={busy ? 'weir-turning' : ''} />}
        onClick={() => void client.invalidateQueries()}
      />
      <Choice label="Refresh" value={refresh} options={OPTIONS} onChange={(value) => onChange(value as Refresh)} end />
    </div>
  );
}
