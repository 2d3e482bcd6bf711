// Exporters that are known to differ from their protocol, told by their templates.
import { fieldKey, type Template } from './template.ts';

/**
 * How every data template of Open vSwitch begins: observation point, direction, MACs, EtherType, header length (ofproto-dpif-ipfix.c). Its
 * sequence counts messages, templates included, over all observation domains, where RFC 7011 has data records per domain.
 */
const OPEN_VSWITCH_START: readonly number[] = [138, 61, 56, 80, 256, 240];

export function isOpenVSwitch(template: Template): boolean {
  return (
    !template.options &&
    OPEN_VSWITCH_START.every((id, index) => {
      const field = template.fields[index];
      return field !== undefined && fieldKey(field) === id;
    })
  );
}
