// Reads what save.ts wrote. Nothing of it is trusted more than what comes from the wire: template records are read as if they had just
// come, everything is paid for, and what would have expired meanwhile is passed over.
import type { SOURCE } from '@weir/record';
import { damaged, type StateReader } from '../saved/bytes.ts';
import type { Restoring } from '../saved/restoring.ts';
import { readPosition, readUsage } from '../saved/usage.ts';
import { MAX_TEXT_BYTES } from '../strings.ts';
import type { ObservationDomain } from './domain.ts';
import { SAMPLING_TABLES } from './sampling.ts';
import { type TemplateState, templateState } from './state.ts';
import { FIRST_TEMPLATE_ID, type Framing, readFields, readTemplateHeader, Template } from './template.ts';

/** Restores the templates of the context's exporter, with all that belongs to their domains. Answers how many. */
export function restoreTemplates(
  source: typeof SOURCE.netflow9 | typeof SOURCE.ipfix,
  framing: Framing,
  reader: StateReader,
  restoring: Restoring,
): number {
  const state = templateState(restoring.context, source);
  const messages = readPosition(reader);
  let templates = 0;
  reader.list(() => {
    templates += restoreDomain(state, framing, reader, restoring);
  });
  if (messages >= 0) state.messageSequence?.resume(messages);
  return templates;
}

function restoreDomain(state: TemplateState, framing: Framing, reader: StateReader, restoring: Restoring): number {
  const id = reader.u32();
  const usage = readUsage(reader, restoring);
  const position = readPosition(reader);
  const domain = restoring.isExpired(usage) ? undefined : state.domain(id);
  if (domain !== undefined) {
    Object.assign(domain, usage);
    domain.sequence.resume(position);
  }
  const systemInit = reader.time();
  if (domain !== undefined) domain.systemInit = systemInit;
  for (const table of SAMPLING_TABLES) {
    reader.list(() => {
      const id = reader.index();
      const rate = reader.u32();
      if (rate === 0) throw damaged('a sampling rate');
      const giver = { template: reader.u32(), time: reader.time(), opposed: reader.time() };
      const flags = reader.u8();
      const [contradicted, interval] = [(flags & 1) !== 0, (flags & 2) !== 0];
      domain?.sampling[table].put(id, rate, { ...giver, contradicted, interval });
    });
  }
  domain?.sampling.settle();
  reader.list(() => {
    const ifIndex = reader.index();
    const name = reader.text().slice(0, MAX_TEXT_BYTES);
    const alias = reader.text().slice(0, MAX_TEXT_BYTES);
    domain?.nameInterface(ifIndex, name, alias);
  });
  let templates = 0;
  reader.list(() => {
    if (restoreTemplate(domain, state, framing, reader, restoring)) templates++;
  });
  return templates;
}

function restoreTemplate(
  domain: ObservationDomain | undefined,
  { limits }: TemplateState,
  framing: Framing,
  reader: StateReader,
  restoring: Restoring,
): boolean {
  const usage = readUsage(reader, restoring);
  const updated = reader.time();
  const options = reader.u8() !== 0;
  const raw = reader.bytes().slice();
  if (raw.length < 4) throw damaged('a template');
  const view = new DataView(raw.buffer);
  const header = readTemplateHeader(view, 0, raw.length, options, framing);
  if (header.id < FIRST_TEMPLATE_ID || header.next !== raw.length) throw damaged('a template');
  const fields = readFields(view, header, options, framing, limits);
  // Without fields it is beyond a limit that was higher when it was saved.
  if (domain === undefined || fields === undefined || restoring.isExpired(usage)) return false;
  if (domain.templates.has(header.id)) return false;
  const template = new Template(header.id, fields, options, raw);
  template.updated = updated;
  if (!domain.addTemplate(template)) return false;
  Object.assign(template, usage);
  return true;
}
