// The state of NetFlow v9 and IPFIX as bytes: of each observation domain its rates, its names, and the template records as they came.
// restore.ts reads them in the same order.
import type { StateWriter } from '../saved/bytes.ts';
import { writePosition, writeUsage } from '../saved/usage.ts';
import type { ObservationDomain } from './domain.ts';
import { SAMPLING_TABLES } from './sampling.ts';
import type { TemplateState } from './state.ts';

export function saveTemplates(state: TemplateState, writer: StateWriter, sequences: boolean): void {
  writePosition(state.messageSequence?.position ?? -1, sequences, writer);
  writer.list(state.domains.values(), (domain) => saveDomain(domain, state, writer, sequences));
}

function saveDomain(
  domain: ObservationDomain,
  { clock }: TemplateState,
  writer: StateWriter,
  sequences: boolean,
): void {
  const { sampling } = domain;
  writer.u32(domain.id);
  writeUsage(domain, clock, writer);
  writePosition(domain.sequence.position, sequences, writer);
  writer.f64(domain.systemInit);
  for (const name of SAMPLING_TABLES) {
    const table = sampling[name];
    writer.list(table.givers, ([id, { template, time, opposed, contradicted, interval }]) => {
      writer.f64(id);
      writer.u32(table.get(id) ?? 0);
      writer.u32(template);
      writer.f64(time);
      writer.f64(opposed);
      writer.u8((contradicted ? 1 : 0) | (interval ? 2 : 0));
    });
  }
  writer.list(domain.interfaces, ([ifIndex, { name, alias }]) => {
    writer.f64(ifIndex);
    writer.text(name);
    writer.text(alias);
  });
  writer.list(domain.templates.values(), (template) => {
    writeUsage(template, clock, writer);
    writer.f64(template.updated);
    writer.u8(template.options ? 1 : 0);
    writer.bytes(template.raw);
  });
}
