// What a decoder keeps between datagrams, as far as it says so itself, and whether that stays within its caps.
import type { Decoder, ProtocolSummary } from '@weir/wire';
import { DEFAULT_LIMITS } from '@weir/wire';
import { TIGHT } from './reader.ts';

/** Longest text that is kept, in characters. */
const MAX_TEXT = 512;

/** Everything an exporters page would show, by exporter. */
export function keptState(decoder: Decoder): Record<string, ProtocolSummary[]> {
  return Object.fromEntries(
    decoder.exporters
      .all()
      .map(({ address, protocols }) => [address, [...protocols.values()].map((one) => one.describe())]),
  );
}

/** Which cap is broken. */
export function capProblem(decoder: Decoder, tight: boolean): string | undefined {
  const limits = tight ? { ...DEFAULT_LIMITS, ...TIGHT.limits } : DEFAULT_LIMITS;
  const exporters = decoder.exporters.all();
  if (tight && exporters.length > TIGHT.exporterCap) return `${exporters.length} exporters`;
  let fields = 0;
  for (const { protocols } of exporters) {
    for (const state of protocols.values()) {
      const { protocol, domains } = state.describe();
      // What several senders say of one sFlow agent is kept apart, and paid for by each.
      const senders = protocol === 'sFlow v5' ? exporters.length : 1;
      if (domains.length > limits.domains * senders) return `${domains.length} domains of ${protocol}`;
      const templates = domains.flatMap((domain) => domain.templates);
      if (templates.length > limits.templates) return `${templates.length} templates of ${protocol}`;
      const long = templates.find((template) => template.fields.length > limits.fields);
      if (long !== undefined) return `a template of ${long.fields.length} fields`;
      fields += templates.reduce((sum, template) => sum + template.fields.length, 0);
      for (const { interfaces, sampling } of domains) {
        if (interfaces.length > limits.options) return `${interfaces.length} interfaces of a domain`;
        // Samplers, selectors and interfaces have a table each, and there may be one rate for all.
        if (sampling.length > limits.options * 3 + 1) return `${sampling.length} rates of a domain`;
      }
    }
  }
  // No field costs less than this many bytes.
  return tight && fields * 64 > TIGHT.stateBytes
    ? `${fields} fields of templates in ${TIGHT.stateBytes} bytes`
    : undefined;
}

export function textProblem(texts: readonly { readonly text: string }[], bytes: number): string | undefined {
  const long = texts.find(({ text }) => text.length > MAX_TEXT);
  if (long !== undefined) return `a text of ${long.text.length} characters`;
  return texts.length > bytes ? `${texts.length} texts of a datagram of ${bytes} bytes` : undefined;
}
