// The head of a column of the flow table: a button where the table can be ordered by it, with the order said by aria-sort.
import AngleDownIcon from '@patternfly/react-icons/dist/esm/icons/angle-down-icon';
import type { FlowOrder } from '../../api/types.ts';
import { type Column, ORDERS } from './columns.ts';

interface Props {
  readonly column: Column;
  readonly order: FlowOrder;
  /** Absent while flows are shown as they arrive. */
  readonly onOrder: ((order: FlowOrder) => void) | undefined;
}

export function FlowHead({ column, order, onOrder }: Props) {
  const { name, label, right } = column;
  const own = ORDERS[name];
  const className = right ? 'weir-right' : '';
  if (own === undefined || onOrder === undefined) {
    return (
      <th scope="col" className={className} title={name}>
        {label}
      </th>
    );
  }
  const active = order === own;
  return (
    <th scope="col" className={className} title={name} aria-sort={active ? 'descending' : 'none'}>
      {/* A second press goes back to the newest. */}
      <button type="button" className="weir-sort" onClick={() => onOrder(active ? 'time' : own)}>
        {label}
        <span className="weir-sort-mark" aria-hidden="true">
          {active && <AngleDownIcon />}
        </span>
      </button>
    </th>
  );
}
