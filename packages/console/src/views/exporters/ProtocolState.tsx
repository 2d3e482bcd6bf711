// What a protocol keeps of an exporter between messages: templates, sampling rates and interfaces by observation domain.
import type { ProtocolSummary } from '../../api/types.ts';
import { Panel } from '../../components/Panel.tsx';
import { formatBits, formatExact } from '../../format/number.ts';
import { formatDateTime } from '../../format/time.ts';
import { elementName, unstoredText } from './elements.ts';
import { protocolName, samplingOf } from './health.ts';

type Domain = ProtocolSummary['domains'][number];

function Templates({ domain, utc }: { readonly domain: Domain; readonly utc: boolean }) {
  if (domain.templates.length === 0) return null;
  return (
    <table className="weir-table">
      <caption>Templates</caption>
      <thead>
        <tr>
          <th scope="col">Id</th>
          <th scope="col">Kind</th>
          <th scope="col" className="weir-right">
            Record
          </th>
          <th scope="col">Updated</th>
          <th scope="col">Elements</th>
        </tr>
      </thead>
      <tbody>
        {domain.templates.map((template) => (
          <tr key={template.id}>
            <th scope="row">{template.id}</th>
            <td>{template.options ? 'options' : 'data'}</td>
            <td className="weir-right">{template.length === 0 ? 'variable' : `${template.length} B`}</td>
            <td>{formatDateTime(template.updated, utc)}</td>
            <td>
              <span className="weir-elements">
                {template.fields.map((field, index) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: a template may name an element twice; the order is its identity
                  <code key={`${index}${field}`} title={elementName(field)}>
                    {elementName(field) ?? field}
                  </code>
                ))}
              </span>
              <Unstored template={template} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What of a template is not stored, by name on request. */
function Unstored({ template }: { readonly template: Domain['templates'][number] }) {
  const text = unstoredText(template);
  if (text === undefined) return null;
  return (
    <details className="weir-unstored">
      <summary>{text}</summary>
      <p>{template.unstored?.join(', ')}</p>
    </details>
  );
}

/** What the exporter sent that is not stored, over all its templates. */
function UnstoredElements({ elements }: { readonly elements: NonNullable<ProtocolSummary['unstored']> }) {
  if (elements.length === 0) return null;
  return (
    <table className="weir-table">
      <caption>Elements that are not stored</caption>
      <thead>
        <tr>
          <th scope="col">Element</th>
          <th scope="col" className="weir-right">
            Records
          </th>
        </tr>
      </thead>
      <tbody>
        {elements.map(({ element, records }) => (
          <tr key={element}>
            <th scope="row">{element}</th>
            <td className="weir-right">{formatExact(records)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Sampling({ domain }: { readonly domain: Domain }) {
  if (domain.sampling.length === 0) return null;
  return (
    <table className="weir-table">
      <caption>Sampling</caption>
      <thead>
        <tr>
          <th scope="col">For</th>
          <th scope="col" className="weir-right">
            Rate
          </th>
        </tr>
      </thead>
      <tbody>
        {samplingOf(domain).map(({ rate, selectors }) => (
          <tr key={rate}>
            <td>{selectors.join(', ')}</td>
            <td className="weir-right">{rate <= 1 ? 'every packet' : `1 in ${formatExact(rate)}`}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Interfaces({ domain }: { readonly domain: Domain }) {
  if (domain.interfaces.length === 0) return null;
  return (
    <table className="weir-table">
      <caption>Interfaces</caption>
      <thead>
        <tr>
          <th scope="col">Index</th>
          <th scope="col">Name</th>
          <th scope="col">Description</th>
          <th scope="col" className="weir-right">
            Speed
          </th>
        </tr>
      </thead>
      <tbody>
        {domain.interfaces.map((one) => (
          <tr key={one.ifIndex}>
            <th scope="row">{one.ifIndex}</th>
            <td>{one.name || '–'}</td>
            <td>{one.alias || '–'}</td>
            <td className="weir-right">{one.speed === 0 ? '–' : formatBits(one.speed)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function ProtocolState({ summary, utc }: { readonly summary: ProtocolSummary; readonly utc: boolean }) {
  const bare = (domain: Domain) => domain.templates.length + domain.sampling.length + domain.interfaces.length === 0;
  const name = protocolName(summary.protocol);
  return (
    <Panel
      title={name}
      height={80}
      empty={summary.domains.length === 0 ? 'No observation domain has been seen yet.' : undefined}
    >
      {summary.domains.map((domain) => (
        <div key={domain.domain} className="weir-domain">
          <h3>
            {/sflow/i.test(summary.protocol) ? 'Sub-agent' : 'Observation domain'} {domain.domain}
          </h3>
          {bare(domain) && (
            <p className="weir-subtle">Nothing but flows: no templates, sampling rates or interfaces.</p>
          )}
          <div className="weir-domain-tables">
            <Templates domain={domain} utc={utc} />
            <Sampling domain={domain} />
            <Interfaces domain={domain} />
          </div>
        </div>
      ))}
      <UnstoredElements elements={summary.unstored ?? []} />
    </Panel>
  );
}
