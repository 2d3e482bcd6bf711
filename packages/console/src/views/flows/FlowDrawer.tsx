// Everything known of one flow: the ends, the figures, what is doubtful, then every field with its meaning and a way to filter
// by its value.
import { Button } from '@patternfly/react-core/dist/esm/components/Button';
import CopyIcon from '@patternfly/react-icons/dist/esm/icons/copy-icon';
import SearchMinusIcon from '@patternfly/react-icons/dist/esm/icons/search-minus-icon';
import SearchPlusIcon from '@patternfly/react-icons/dist/esm/icons/search-plus-icon';
import TimesIcon from '@patternfly/react-icons/dist/esm/icons/times-icon';
import { useEffect, useRef, useState } from 'react';
import type { FieldInfo, Flow } from '../../api/types.ts';
import { condition } from '../../filter/condition.ts';
import { endOf, serviceOf } from '../../format/entity.ts';
import { formatBytes, formatCount } from '../../format/number.ts';
import { formatDuration, toMs } from '../../format/time.ts';
import { formatValue } from '../../format/value.ts';
import { type Detail, detailsOf, groupTitle, qualityOf } from './detail.ts';

interface Props {
  readonly flow: Flow;
  readonly fields: readonly FieldInfo[];
  readonly utc: boolean;
  readonly onClose: () => void;
  readonly onFilter: (condition: string) => void;
}

function CopyButton({ flow }: { readonly flow: Flow }) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), 2000);
    return () => clearTimeout(timer);
  }, [done]);
  return (
    <Button
      variant="link"
      size="sm"
      icon={<CopyIcon />}
      onClick={() => void navigator.clipboard.writeText(JSON.stringify(flow, null, 2)).then(() => setDone(true))}
    >
      <span aria-live="polite">{done ? 'Copied' : 'Copy as JSON'}</span>
    </Button>
  );
}

function Row({ detail, onFilter }: { readonly detail: Detail; readonly onFilter: Props['onFilter'] }) {
  const { name, description, value, text, exact, filterable } = detail;
  return (
    <div className="weir-detail">
      <dt title={description}>
        <code>{name}</code>
        <span className="weir-detail-text">{description}</span>
      </dt>
      <dd>
        <span className="weir-detail-value">
          {text}
          {exact !== undefined && <span className="weir-subtle"> ({exact})</span>}
        </span>
        {filterable && (
          <span className="weir-detail-actions">
            <Button
              variant="plain"
              size="sm"
              icon={<SearchPlusIcon />}
              aria-label={`Filter by ${condition(name, value)}`}
              title={condition(name, value)}
              onClick={() => onFilter(condition(name, value))}
            />
            <Button
              variant="plain"
              size="sm"
              icon={<SearchMinusIcon />}
              aria-label={`Filter by ${condition(name, value, '!=')}`}
              title={condition(name, value, '!=')}
              onClick={() => onFilter(condition(name, value, '!='))}
            />
          </span>
        )}
      </dd>
    </div>
  );
}

function Summary({ flow }: { readonly flow: Flow }) {
  const source = endOf(flow, 'src');
  const destination = endOf(flow, 'dst');
  const service = serviceOf(flow);
  const lasted = toMs(flow.time_end) - toMs(flow.time_start);
  const figures = [
    formatValue('proto', flow.proto ?? 0),
    typeof flow.bytes === 'number' ? formatBytes(flow.bytes) : '',
    typeof flow.packets === 'number' ? `${formatCount(flow.packets)} packets` : '',
    lasted >= 0 ? formatDuration(lasted) : '',
  ];
  return (
    <div className="weir-summary">
      <p className="weir-summary-ends">
        <span>{source.label}</span>
        <span className="weir-subtle">{source.detail}</span>
        <span aria-hidden="true" className="weir-summary-arrow">
          ↓{service === '' ? '' : ` ${service}`}
        </span>
        <span className="weir-hidden">to{service === '' ? '' : ` the service ${service} at`}</span>
        <span>{destination.label}</span>
        <span className="weir-subtle">{destination.detail}</span>
      </p>
      <p className="weir-subtle">{figures.filter((figure) => figure !== '').join(' · ')}</p>
    </div>
  );
}

export function FlowDrawer({ flow, fields, utc, onClose, onFilter }: Props) {
  const close = useRef<HTMLButtonElement>(null);
  useEffect(() => close.current?.focus(), []);
  const quality = qualityOf(flow);
  return (
    <aside
      className="weir-drawer"
      aria-label="Flow details"
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        onClose();
      }}
    >
      <header className="weir-drawer-head">
        <h2>Flow</h2>
        <CopyButton flow={flow} />
        <Button ref={close} variant="plain" aria-label="Close the details" icon={<TimesIcon />} onClick={onClose} />
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className="weir-drawer-body" tabIndex={0} aria-label="Fields of the flow">
        <Summary flow={flow} />
        {quality.length > 0 && (
          <ul className="weir-quality" aria-label="Quality">
            {quality.map(({ name, text, doubtful }) => (
              <li key={name} className={doubtful ? 'weir-m-doubtful' : ''}>
                <code>{name}</code> {text}
              </li>
            ))}
          </ul>
        )}
        {detailsOf(flow, fields, utc).map(({ group, details }) => (
          <section key={group}>
            <h3>{groupTitle(group)}</h3>
            <dl>
              {details.map((detail) => (
                <Row key={detail.name} detail={detail} onFilter={onFilter} />
              ))}
            </dl>
          </section>
        ))}
      </section>
    </aside>
  );
}
