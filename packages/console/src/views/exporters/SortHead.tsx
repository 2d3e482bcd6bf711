// The head of a sortable column: a button in the cell, with the order said by aria-sort.
import AngleDownIcon from '@patternfly/react-icons/dist/esm/icons/angle-down-icon';
import AngleUpIcon from '@patternfly/react-icons/dist/esm/icons/angle-up-icon';
import { useViewState } from '../../state/use-view-state.ts';
import { nextSort } from './health.ts';

interface Props {
  readonly column: string;
  readonly children: string;
  readonly right?: boolean;
}

export function SortHead({ column, children, right }: Props) {
  const { state, change } = useViewState();
  const rising = state.sort === column;
  const falling = state.sort === `-${column}`;
  return (
    <th
      scope="col"
      className={right ? 'weir-right' : ''}
      aria-sort={rising ? 'ascending' : falling ? 'descending' : 'none'}
    >
      <button
        type="button"
        className="weir-sort"
        onClick={() => change({ sort: nextSort(state.sort, column) }, { replace: true })}
      >
        {children}
        <span className="weir-sort-mark" aria-hidden="true">
          {rising && <AngleUpIcon />}
          {falling && <AngleDownIcon />}
        </span>
      </button>
    </th>
  );
}
