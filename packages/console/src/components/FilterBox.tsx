// The filter box: the editor, what is wrong with the text, filters used lately, and clearing.
import { EditorState } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { Button } from '@patternfly/react-core/dist/esm/components/Button';
import FilterIcon from '@patternfly/react-icons/dist/esm/icons/filter-icon';
import TimesIcon from '@patternfly/react-icons/dist/esm/icons/times-icon';
import { useEffect, useId, useRef, useState } from 'react';
import { diagnose, filterExtensions } from '../filter/editor.ts';
import { recentFilters, rememberFilter } from '../filter/recent.ts';
import { RecentFilters } from './RecentFilters.tsx';

interface Props {
  readonly value: string;
  readonly onApply: (filter: string) => void;
}

const HINT = 'Filter: src_namespace = shop and dst_port in (80, 443)';

/** Puts a text into the editor as one change, the cursor at its end. */
function replace(view: EditorView, text: string): void {
  if (view.state.doc.toString() === text) return;
  view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, selection: { anchor: text.length } });
}

export function FilterBox({ value, onApply }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorView | null>(null);
  const applied = useRef({ value, onApply });
  applied.current = { value, onApply };
  const [text, setText] = useState(value);
  const [fault, setFault] = useState<string>();
  const faultId = useId();

  useEffect(() => {
    if (host.current === null) return;
    let at = -1;
    const step = (by: number) => {
      const recent = recentFilters();
      const next = Math.min(recent.length - 1, Math.max(-1, at + by));
      if (recent.length === 0 || next === at) return false;
      at = next;
      replace(view, at < 0 ? applied.current.value : (recent[at] ?? ''));
      return true;
    };
    const view = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: applied.current.value,
        extensions: filterExtensions('Filter', HINT, {
          apply: (raw) => {
            const filter = raw.trim();
            const wrong = diagnose(filter)[0];
            setFault(wrong?.message);
            if (wrong !== undefined) return;
            at = -1;
            rememberFilter(filter);
            applied.current.onApply(filter);
          },
          revert: () => {
            at = -1;
            setFault(undefined);
            replace(view, applied.current.value);
          },
          older: () => step(1),
          newer: () => step(-1),
          changed: (next) => {
            setText(next);
            setFault(undefined);
          },
        }),
      }),
    });
    editor.current = view;
    return () => view.destroy();
  }, []);

  // A filter that came from elsewhere (a click on a chart, the back button) shows in the box.
  useEffect(() => {
    if (editor.current !== null) replace(editor.current, value);
    setFault(undefined);
  }, [value]);

  const changed = text.trim() !== value;
  return (
    <search className="weir-filter">
      <div className={`weir-filter-box${fault === undefined ? '' : ' weir-m-fault'}`}>
        <FilterIcon className="weir-filter-icon" aria-hidden="true" />
        <div className="weir-filter-editor" ref={host} />
        {changed && fault === undefined && (
          <span className="weir-filter-hint" aria-hidden="true">
            Enter applies
          </span>
        )}
        {(text !== '' || value !== '') && (
          <Button
            variant="plain"
            size="sm"
            aria-label="Clear the filter"
            icon={<TimesIcon />}
            onClick={() => {
              if (editor.current !== null) replace(editor.current, '');
              onApply('');
              editor.current?.focus();
            }}
          />
        )}
        <RecentFilters
          onChoose={(filter) => {
            rememberFilter(filter);
            onApply(filter);
          }}
        />
      </div>
      <div id={faultId} className="weir-filter-fault" role="alert">
        {fault}
      </div>
    </search>
  );
}
