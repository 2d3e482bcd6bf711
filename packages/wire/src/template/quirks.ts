// Exporters that are known to differ from their protocol, told by their templates.
import { fieldKey, type Template } from './template.ts';

/**
 * How every data template of Open vSwitch begins: observation point, direction, MACs, EtherType, header length (ofproto-dpif-ipfix.c). Its
 * sequence counts messages, templates included, over all observation domains, where RFC 7011 has data records per domain.
 */
const OPEN_VSWITCH_START: readonly number[] = [138, 61, 56, 80, 256, 240];

export function isOpenVSwitch(template: Template): boolean {
  return beginsWith(template, OPEN_VSWITCH_START);
}

/**
 * How every data template of NetObserv begins, its agent's (pkg/exporter/ipfix.go) and its pipeline's (write_ipfix.go): EtherType,
 * direction, MACs. Its tcpControlBits are those of its eBPF program, which has bits of its own: see tcpFlagsSteps.
 */
const NETOBSERV_START: readonly number[] = [256, 61, 56, 80];

export function isNetObserv(template: Template): boolean {
  return beginsWith(template, NETOBSERV_START);
}

function beginsWith({ options, fields }: Template, start: readonly number[]): boolean {
  if (options || fields.length < start.length) return false;
  return start.every((id, index) => fieldKey(fields[index]) === id);
}
