// Switches a panel between its chart and the same numbers as a table. Which panels show tables is in the URL.
import { ToggleGroup, ToggleGroupItem } from '@patternfly/react-core/dist/esm/components/ToggleGroup';
import ChartAreaIcon from '@patternfly/react-icons/dist/esm/icons/chart-area-icon';
import TableIcon from '@patternfly/react-icons/dist/esm/icons/table-icon';
import { useViewState } from '../state/use-view-state.ts';

/** Whether the panel `id` shows its table. */
export function useTwin(id: string): boolean {
  return useViewState().state.tables.includes(id);
}

export function TwinToggle({ id, title }: { readonly id: string; readonly title: string }) {
  const { state, change } = useViewState();
  const table = state.tables.includes(id);
  const show = (wanted: boolean) => {
    const rest = state.tables.filter((name) => name !== id);
    change({ tables: wanted ? [...rest, id] : rest }, { replace: true });
  };
  return (
    <ToggleGroup isCompact aria-label={`${title}: chart or table`}>
      <ToggleGroupItem
        icon={<ChartAreaIcon />}
        aria-label={`${title} as a chart`}
        isSelected={!table}
        onChange={() => show(false)}
      />
      <ToggleGroupItem
        icon={<TableIcon />}
        aria-label={`${title} as a table`}
        isSelected={table}
        onChange={() => show(true)}
      />
    </ToggleGroup>
  );
}
