// The filter box's editor: one line of the filter language in CodeMirror, with colours, completion and faults underlined.
import {
  acceptCompletion,
  autocompletion,
  type CompletionContext,
  type CompletionResult,
  closeCompletion,
  completionKeymap,
  completionStatus,
  moveCompletionSelection,
  selectedCompletion,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { HighlightStyle, LanguageSupport, LRLanguage, syntaxHighlighting } from '@codemirror/language';
import { type Diagnostic, linter } from '@codemirror/lint';
import { EditorState, type Extension, Prec } from '@codemirror/state';
import { EditorView, keymap, placeholder } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { completions, parseFilter, parser, quote } from '@weir/query/language';
import { get } from '../api/client.ts';
import type { ValuesAnswer } from '../api/types.ts';

/** What the box does on its keys. Each returns whether it took the key. */
export interface EditorActions {
  apply(text: string): void;
  revert(): void;
  older(): boolean;
  newer(): boolean;
  changed(text: string): void;
}

const colours = HighlightStyle.define([
  { tag: tags.propertyName, class: 'weir-filter-field' },
  { tag: [tags.operatorKeyword, tags.compareOperator], class: 'weir-filter-operator' },
  { tag: [tags.string, tags.literal], class: 'weir-filter-value' },
  { tag: tags.lineComment, class: 'weir-filter-comment' },
]);

const language = new LanguageSupport(LRLanguage.define({ parser, name: 'weir filter' }));

/** Values of a field that the store knows. An unreachable server means no suggestions, not an error. */
async function storedValues(field: string, prefix: string, subscript: string | undefined, context: CompletionContext) {
  const abort = new AbortController();
  context.addEventListener('abort', () => abort.abort());
  const answer = await get<ValuesAnswer>('values', { field, prefix, subscript, limit: 30 }, abort.signal).catch(
    () => undefined,
  );
  return answer?.values ?? [];
}

const BOOST: Readonly<Record<string, number>> = { namespace: 3, pod: 3, workload: 3, addr: 3, port: 2, proto: 2 };
const boost = (name: string) => BOOST[name.replace(/^(src|dst)_/, '')] ?? 0;

/** What may stand at the cursor, narrowed by CodeMirror to what is typed. */
export async function complete(context: CompletionContext): Promise<CompletionResult | null> {
  const { from, options, values } = completions(context.state.doc.toString(), context.pos);
  if (!context.explicit && from === context.pos && from > 0 && context.state.sliceDoc(from - 1, from) !== ' ')
    return null;
  if (values !== undefined) {
    const known = await storedValues(values.field, values.prefix, values.subscript, context);
    if (context.aborted || known.length === 0) return null;
    return {
      from,
      filter: false,
      options: known.map(({ value, count }) => ({
        label: value === '' ? '""' : value,
        apply: quote(value),
        type: 'value',
        ...(count === undefined ? {} : { detail: count.toLocaleString('en') }),
      })),
    };
  }
  return {
    from,
    validFor: /^[\w.]*$/,
    options: options.map((option) => ({
      label: option.label,
      type: option.type,
      boost: boost(option.label),
      ...(option.detail === undefined ? {} : { detail: option.detail }),
      // A space after what is never the end brings up the next step at once.
      apply: option.apply ?? (option.type === 'value' ? option.label : `${option.label} `),
    })),
  };
}

/** Faults of a filter as CodeMirror shows them; an empty place is widened so that the underline can be seen. */
export function diagnose(text: string): Diagnostic[] {
  return parseFilter(text).errors.map(({ from, to, message, suggestion }) => {
    const start = Math.min(from, text.length);
    const stop = Math.min(Math.max(to, from), text.length);
    return {
      from: start === stop ? Math.max(0, start - 1) : start,
      to: stop,
      severity: 'error',
      message: suggestion === undefined ? message : `${message}. Did you mean ${suggestion}?`,
    };
  });
}

const textOf = (view: EditorView) => view.state.doc.toString();

/** Tab takes the first suggestion without the arrow keys; Enter applies the filter unless a suggestion was chosen. */
function keys(actions: EditorActions): Extension {
  return Prec.highest(
    keymap.of([
      {
        key: 'Enter',
        run: (view) => {
          if (selectedCompletion(view.state) !== null && acceptCompletion(view)) return true;
          closeCompletion(view);
          actions.apply(textOf(view));
          return true;
        },
      },
      {
        key: 'Tab',
        run: (view) => {
          if (completionStatus(view.state) !== 'active') return false;
          if (selectedCompletion(view.state) === null) moveCompletionSelection(true)(view);
          return acceptCompletion(view);
        },
      },
      {
        key: 'Escape',
        run: (view) => {
          if (!closeCompletion(view)) actions.revert();
          return true;
        },
      },
      { key: 'ArrowUp', run: (view) => completionStatus(view.state) === null && actions.older() },
      { key: 'ArrowDown', run: (view) => completionStatus(view.state) === null && actions.newer() },
    ]),
  );
}

/** All extensions of the box. `label` names it for screen readers. */
export function filterExtensions(label: string, hint: string, actions: EditorActions): Extension {
  return [
    keys(actions),
    history(),
    language,
    syntaxHighlighting(colours),
    autocompletion({
      override: [complete],
      selectOnOpen: false,
      icons: false,
      interactionDelay: 0,
      maxRenderedOptions: 60,
    }),
    linter((view) => diagnose(textOf(view)), { delay: 800 }),
    placeholder(hint),
    keymap.of([...completionKeymap, ...defaultKeymap, ...historyKeymap]),
    // A filter is one line: what is pasted with breaks is joined.
    EditorState.transactionFilter.of((change) => (change.newDoc.lines > 1 ? [] : change)),
    EditorView.clipboardInputFilter.of((text) => text.replace(/\s*\n\s*/g, ' ').trim()),
    EditorView.contentAttributes.of({
      'aria-label': label,
      'aria-multiline': 'false',
      spellcheck: 'false',
      autocapitalize: 'off',
    }),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) actions.changed(textOf(update.view));
    }),
  ];
}
