// The table of flow records: a native table of which only the rows in sight are in the document. One row is in the tab order;
// arrows move, Enter opens the drawer.
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, memo, useEffect, useRef, useState } from 'react';
import type { Flow, FlowOrder } from '../../api/types.ts';
import { type Column, cellOf, rowId } from './columns.ts';
import { FlowHead } from './FlowHead.tsx';
import { moved } from './moves.ts';

/** Pixels of a row; all rows have it, so that a place is a multiplication. */
const ROW_HEIGHT = 30;
/** Rows kept ready above and below what is seen. */
const OVERSCAN = 6;

interface Props {
  readonly flows: readonly Flow[];
  readonly columns: readonly Column[];
  readonly utc: boolean;
  /** Identity of the row shown in the drawer; empty for none. */
  readonly selected: string;
  /** More rows can be asked for. */
  readonly more: boolean;
  readonly onEnd: () => void;
  readonly onOpen: (flow: Flow) => void;
  /** Escape in the table. */
  readonly onEscape: () => void;
  readonly onTop?: (atTop: boolean) => void;
  readonly label: string;
  readonly order: FlowOrder;
  readonly onOrder?: ((order: FlowOrder) => void) | undefined;
}

/** Keys for React: flows that arrive push others down, and a row keeps its element (and the focus on it) while it moves. */
const identities = new WeakMap<Flow, number>();
let identitiesGiven = 0;

function identityOf(flow: Flow | undefined): number {
  if (flow === undefined) return -1;
  let identity = identities.get(flow);
  if (identity === undefined) {
    identity = identitiesGiven++;
    identities.set(flow, identity);
  }
  return identity;
}

interface RowProps {
  readonly flow: Flow;
  readonly index: number;
  readonly columns: readonly Column[];
  readonly utc: boolean;
  readonly selected: boolean;
  readonly active: boolean;
}

const Row = memo(function Row({ flow, index, columns, utc, selected, active }: RowProps) {
  return (
    <tr
      data-row={index}
      aria-rowindex={index + 2}
      aria-selected={selected}
      tabIndex={active ? 0 : -1}
      className={selected ? 'weir-m-selected' : ''}
    >
      {columns.map((column) => {
        const cell = cellOf(flow, column.name, utc);
        return (
          <td key={column.name} className={column.right ? 'weir-right' : ''} title={cell.title ?? cell.text}>
            {cell.more === undefined ? (
              cell.text
            ) : (
              <span className="weir-end">
                <span className="weir-ellipsis">{cell.text}</span>
                <span className="weir-subtle">{cell.more}</span>
              </span>
            )}
          </td>
        );
      })}
    </tr>
  );
});

export function FlowTable(props: Props) {
  const { flows, columns, utc, selected, more, onEnd, onOpen, onEscape, onTop, label, order, onOrder } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const rows = useVirtualizer({
    count: flows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: OVERSCAN,
    getItemKey: (index) => identityOf(flows[index]),
  });
  // Another order begins at the top. The table itself stays, and with it the focus on the head that was pressed.
  const shownOrder = useRef(order);
  useEffect(() => {
    if (shownOrder.current === order) return;
    shownOrder.current = order;
    setActive(0);
    scroller.current?.scrollTo(0, 0);
  }, [order]);
  const items = rows.getVirtualItems();
  const first = items[0];
  const last = items.at(-1);

  const lastIndex = last?.index ?? -1;
  useEffect(() => {
    if (more && lastIndex >= flows.length - 1 - OVERSCAN) onEnd();
  }, [more, lastIndex, flows.length, onEnd]);

  // Where the keys have got to: they may be faster than the rows are drawn, and the row may not be in the document yet.
  const awaited = useRef<number>(undefined);
  const rowElement = (index: number) => scroller.current?.querySelector<HTMLElement>(`[data-row="${index}"]`);
  const focusRow = (index: number) => {
    setActive(index);
    rows.scrollToIndex(index);
    const here = rowElement(index);
    here?.focus({ preventScroll: true });
    awaited.current = here ? undefined : index;
  };
  useEffect(() => {
    if (awaited.current === undefined) return;
    const here = rowElement(awaited.current);
    if (!here) return;
    awaited.current = undefined;
    here.focus({ preventScroll: true });
  });

  const onKeyDown = (event: KeyboardEvent) => {
    const row = (event.target as HTMLElement).closest<HTMLElement>('[data-row]');
    if (row === null) return;
    const index = awaited.current ?? Number(row.dataset.row);
    const flow = flows[index];
    if (event.key === 'Escape') onEscape();
    if (event.key === 'Enter' && flow !== undefined) {
      event.preventDefault();
      onOpen(flow);
      return;
    }
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? ROW_HEIGHT) / ROW_HEIGHT) - 2);
    const to = moved(event.key, index, flows.length, page);
    if (to === undefined) return;
    event.preventDefault();
    focusRow(to);
  };

  const width = columns.reduce((sum, column) => sum + column.width, 0);
  // One row is always in the tab order, also when the one last moved to has scrolled away.
  const tabbable = first !== undefined && (active < first.index || active > lastIndex) ? first.index : active;
  return (
    <div
      ref={scroller}
      className="weir-flow-scroll"
      onScroll={(event) => onTop?.(event.currentTarget.scrollTop < ROW_HEIGHT)}
    >
      <table
        className="weir-table weir-flow-table"
        // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: rows can be selected and moved through: a grid
        role="grid"
        aria-label={label}
        aria-rowcount={more ? -1 : flows.length + 1}
        aria-colcount={columns.length}
        style={{ minWidth: width }}
        onKeyDown={onKeyDown}
        onClick={(event) => {
          const row = (event.target as HTMLElement).closest<HTMLElement>('[data-row]');
          const flow = row === null ? undefined : flows[Number(row.dataset.row)];
          if (flow === undefined) return;
          setActive(Number(row?.dataset.row));
          onOpen(flow);
        }}
      >
        <colgroup>
          {columns.map((column) => (
            <col key={column.name} style={{ width: column.width }} />
          ))}
        </colgroup>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map((column) => (
              <FlowHead key={column.name} column={column} order={order} onOrder={onOrder} />
            ))}
          </tr>
        </thead>
        <tbody aria-hidden="true" style={{ height: first?.start ?? 0 }} />
        <tbody>
          {items.map((item) => {
            const flow = flows[item.index];
            if (flow === undefined) return null;
            return (
              <Row
                key={item.key}
                flow={flow}
                index={item.index}
                columns={columns}
                utc={utc}
                selected={selected !== '' && rowId(flow) === selected}
                active={item.index === tabbable}
              />
            );
          })}
        </tbody>
        <tbody aria-hidden="true" style={{ height: rows.getTotalSize() - (last?.end ?? 0) }} />
      </table>
    </div>
  );
}
