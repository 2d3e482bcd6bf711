// A card of a view: title, controls, the answer in whatever state it is, and the line that says how it was found.
import type { ReactNode } from 'react';
import type { Meta } from '../api/types.ts';
import { AnswerLine } from './AnswerLine.tsx';
import { Failure } from './Failure.tsx';

interface Props {
  readonly title: string;
  readonly controls?: ReactNode;
  readonly children: ReactNode;
  readonly className?: string;
  readonly meta?: Meta | undefined;
  readonly error?: Error | null;
  /** Whether there is an answer to show; one that is there stays when its refresh fails. */
  readonly loaded?: boolean;
  /** What is said where the answer is empty; undefined where it is not. */
  readonly empty?: string | undefined;
  /** Height kept while there is no answer, so that nothing jumps when it comes. */
  readonly height: number;
}

export function Panel({ title, controls, children, className = '', meta, error, loaded = true, empty, height }: Props) {
  const failed = error !== null && error !== undefined;
  const body = () => {
    if (failed && !loaded) return <Failure error={error} />;
    if (!loaded)
      return <div className="weir-loading" style={{ height }} role="status" aria-label={`${title}: loading`} />;
    if (empty !== undefined) {
      return (
        <p className="weir-empty" style={{ minHeight: height }}>
          {empty}
        </p>
      );
    }
    return children;
  };
  return (
    <section className={`weir-panel ${className}`} aria-label={title}>
      <header className="weir-panel-head">
        <h2>{title}</h2>
        <div className="weir-panel-controls">{controls}</div>
      </header>
      <div className="weir-panel-body">{body()}</div>
      {failed && loaded && (
        <p className="weir-old">This is the last answer; the newest question failed. {error.message}</p>
      )}
      {meta !== undefined && <AnswerLine meta={meta} />}
    </section>
  );
}
