// Information elements by enterprise and id: their names and types. Facts come from gen/registry.ts.
import { ROWS, TYPES } from './gen/registry.ts';

export type ElementType = (typeof TYPES)[number];

export interface Element {
  /** Private enterprise number; 0 is IANA. */
  readonly enterprise: number;
  readonly id: number;
  readonly name: string;
  readonly type: ElementType;
}

/** Enterprise number under which every element of enterprise 0 means the other direction (RFC 5103 section 6.1). */
export const REVERSE_ENTERPRISE = 29305;

/** How catalogue fields and templates name an element: the IANA id, or `PEN/id`. */
export type ElementKey = number | string;

export function elementKey(enterprise: number, id: number): ElementKey {
  return enterprise === 0 ? id : `${enterprise}/${id}`;
}

const BY_KEY: ReadonlyMap<ElementKey, Element> = new Map(
  ROWS.map(([enterprise, id, name, type]) => [elementKey(enterprise, id), { enterprise, id, name, type: TYPES[type] }]),
);

/** The element, or undefined for one that the registry does not hold. A reversed one is named `reverse…`. */
export function findElement(enterprise: number, id: number): Element | undefined {
  if (enterprise !== REVERSE_ENTERPRISE) return BY_KEY.get(elementKey(enterprise, id));
  const forward = BY_KEY.get(id);
  if (forward === undefined) return undefined;
  return { ...forward, enterprise, name: `reverse${forward.name[0].toUpperCase()}${forward.name.slice(1)}` };
}

const LENGTHS: Partial<Record<ElementType, number>> = {
  unsigned8: 1,
  unsigned16: 2,
  unsigned32: 4,
  unsigned64: 8,
  signed32: 4,
  float64: 8,
  boolean: 1,
  macAddress: 6,
  dateTimeSeconds: 4,
  dateTimeMilliseconds: 8,
  dateTimeMicroseconds: 8,
  dateTimeNanoseconds: 8,
  ipv4Address: 4,
  ipv6Address: 16,
};

/** Bytes of the type's full-size encoding (RFC 7011 section 6.1); undefined for types of any length. */
export function lengthOfType(type: ElementType): number | undefined {
  return LENGTHS[type];
}
