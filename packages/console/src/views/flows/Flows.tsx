// Flows: the records themselves, newest or largest first, or as they arrive.
import { Button } from '@patternfly/react-core/dist/esm/components/Button';
import { Switch } from '@patternfly/react-core/dist/esm/components/Switch';
import ColumnsIcon from '@patternfly/react-icons/dist/esm/icons/columns-icon';
import { useCallback, useMemo, useRef, useState } from 'react';
import { useFields } from '../../api/queries.ts';
import { useTail } from '../../api/tail.ts';
import type { Flow } from '../../api/types.ts';
import { AnswerLine } from '../../components/AnswerLine.tsx';
import { Failure } from '../../components/Failure.tsx';
import { formatExact } from '../../format/number.ts';
import { zoneName } from '../../format/time.ts';
import { useViewState } from '../../state/use-view-state.ts';
import { nothing } from '../overview/nothing.ts';
import { ColumnPicker } from './ColumnPicker.tsx';
import { columnsOf, ORDER_LABELS, rowId } from './columns.ts';
import { FlowDrawer } from './FlowDrawer.tsx';
import { FlowTable } from './FlowTable.tsx';
import { TailBar } from './TailBar.tsx';
import { useFlowRows } from './use-flow-rows.ts';
import { useSelectedFlow } from './use-selected-flow.ts';

export function Flows() {
  const { state, change, narrow } = useViewState();
  const catalogue = useFields().data?.fields;
  const fields = useMemo(() => catalogue ?? [], [catalogue]);
  const [atTop, setAtTop] = useState(true);
  const [picking, setPicking] = useState(false);
  const opener = useRef<HTMLElement | null>(null);
  const stored = useFlowRows(state, !state.live, atTop && state.row === '');
  const tail = useTail(state.filter, state.live);
  const flows = state.live ? tail.flows : stored.flows;
  const selected = useSelectedFlow(state, flows);
  const columns = useMemo(
    () => columnsOf(state.columns, new Map(fields.map((field) => [field.name, field]))),
    [state.columns, fields],
  );

  const open = (flow: Flow) => {
    opener.current = document.activeElement as HTMLElement | null;
    // What one reads should not run away.
    if (state.live) tail.setPaused(true);
    change({ row: rowId(flow) }, { replace: true });
  };
  const close = useCallback(() => {
    change({ row: '' }, { replace: true });
    // Back to the row that opened it, or to its place in the table if that row has scrolled away since.
    const target = opener.current?.isConnected
      ? opener.current
      : document.querySelector<HTMLElement>('[data-row][tabindex="0"]');
    requestAnimationFrame(() => target?.focus());
  }, [change]);

  const body = () => {
    if (!state.live && stored.error !== null) return <Failure error={stored.error} />;
    if (!state.live && stored.pending)
      return <div className="weir-loading weir-m-fill" role="status" aria-label="Flows: loading" />;
    if (flows.length === 0) {
      return (
        <p className="weir-empty weir-m-fill">
          {state.live ? 'Waiting for flows that match the filter.' : nothing(state.filter)}
        </p>
      );
    }
    return (
      <FlowTable
        key={`${state.live} ${state.from} ${state.to} ${state.filter}`}
        flows={flows}
        columns={columns}
        utc={state.utc}
        selected={state.row}
        more={!state.live && stored.more}
        onEnd={stored.loadMore}
        onOpen={open}
        onEscape={close}
        onTop={setAtTop}
        label={state.live ? 'Flows as they arrive' : ORDER_LABELS[state.order]}
        order={state.live ? 'time' : state.order}
        onOrder={state.live ? undefined : (order) => change({ order })}
      />
    );
  };

  return (
    <div className="weir-view weir-flows">
      <h1 className="weir-hidden">Flows</h1>
      <section className="weir-panel weir-flows-panel" aria-label="Flows">
        <header className="weir-panel-head">
          {state.live ? (
            <TailBar tail={tail} />
          ) : (
            <span className="weir-subtle" role="status">
              {formatExact(flows.length)}
              {stored.more ? ' loaded, more below' : ' in all'} · times in {zoneName(state.utc)}
            </span>
          )}
          <div className="weir-panel-controls">
            <Switch
              id="live"
              label="Live tail"
              isChecked={state.live}
              onChange={(_event, live) => change({ live, row: '' })}
            />
            <Button variant="control" size="sm" icon={<ColumnsIcon />} onClick={() => setPicking(true)}>
              Columns
            </Button>
          </div>
        </header>
        <div className="weir-flows-body">{body()}</div>
        {!state.live && stored.meta !== undefined && <AnswerLine meta={stored.meta} paged />}
      </section>
      {selected !== undefined && (
        <FlowDrawer key={state.row} flow={selected} fields={fields} utc={state.utc} onClose={close} onFilter={narrow} />
      )}
      {picking && (
        <ColumnPicker
          fields={fields}
          chosen={state.columns}
          onChange={(next) => change({ columns: next })}
          onClose={() => setPicking(false)}
        />
      )}
    </div>
  );
}
