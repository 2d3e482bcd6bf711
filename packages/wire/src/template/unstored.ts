// Elements without a column: which of a template are passed over, and how many records had them.
import { type ElementKey, findElement } from '../ipfix/registry.ts';
import { type DescribeRoom, within } from '../state-memory.ts';
import { keysRead } from './plan.ts';
import { fieldKey, type Template, type TemplateField } from './template.ts';

/** paddingOctets, and 0, which is reserved: nothing is lost with them. */
const EMPTY: ReadonlySet<ElementKey> = new Set([0, 210]);
/** What the records of an options template are about: line card, processes, template, domain. */
const SCOPES: ReadonlySet<ElementKey> = new Set([141, 143, 144, 145, 149]);

/** The fields of a template that have bytes and no column. A field that occurs twice is there twice. */
export function unstoredFields({ fields, options }: Pick<Template, 'fields' | 'options'>): TemplateField[] {
  const read = keysRead(options);
  return fields.filter((field) => {
    const key = fieldKey(field);
    return field.length > 0 && !read.has(key) && !EMPTY.has(key) && !(options && SCOPES.has(key));
  });
}

/** The registry's name of a field's element; of one that it does not have the number, with that of the enterprise. */
export function elementName(field: Pick<TemplateField, 'enterprise' | 'id'>): string {
  return findElement(field.enterprise, field.id)?.name ?? String(fieldKey({ ...field, length: 0 }));
}

export interface UnstoredElement {
  readonly element: string;
  /** Records that had it. */
  readonly records: number;
}

/** Elements counted apart of one exporter and protocol; those of more are counted together. */
const MAX_ELEMENTS = 256;
/** What an element takes, in bytes. */
const ELEMENT_BYTES = 128;
const OTHERS = 'others';

/** What one exporter sent by one protocol and has no column. Counts outlive the templates they came by. */
export class UnstoredElements {
  readonly #memory: { take(bytes: number): boolean };
  readonly #places = new Map<string, number>();
  readonly #records: number[] = [];

  constructor(memory: { take(bytes: number): boolean }) {
    this.#memory = memory;
  }

  /** Where the elements of a template are counted, each once. */
  placesOf(template: Pick<Template, 'fields' | 'options'>): Uint16Array {
    const names = new Set(unstoredFields(template).map(elementName));
    return Uint16Array.from(new Set([...names].map((name) => this.#place(name))));
  }

  count(places: Uint16Array, records: number): void {
    for (let i = 0; i < places.length; i++) this.#records[places[i]] += records;
  }

  /** All of them, those of most records first. */
  describe(room: DescribeRoom): UnstoredElement[] {
    const found = [...this.#places].map(([element, place]) => ({ element, records: this.#records[place] }));
    return [
      ...within(
        found.sort((a, b) => b.records - a.records),
        room,
        () => 1,
      ),
    ];
  }

  #place(name: string): number {
    const known = this.#places.get(name);
    if (known !== undefined) return known;
    const full = this.#places.size >= MAX_ELEMENTS - 1 || !this.#memory.take(ELEMENT_BYTES);
    if (full && name !== OTHERS) return this.#place(OTHERS);
    const place = this.#records.length;
    this.#places.set(name, place);
    this.#records.push(0);
    return place;
  }
}
