// The text that Prometheus scrapes: exposition format 0.0.4, https://prometheus.io/docs/instrumenting/exposition_formats/.
//
// All values are read from files when somebody scrapes, so that there is nothing to count between scrapes: families of samples are
// written out as they are met.

export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export type Labels = Readonly<Record<string, string>>;

export class Exposition {
  readonly #lines: string[] = [];

  /** Begins a family. Names of counters end with `_total`; anything else is a gauge. */
  family(name: string, help: string): (labels: Labels, value: number) => void {
    const type = name.endsWith('_total') ? 'counter' : 'gauge';
    this.#lines.push(`# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`);
    return (labels, value) => this.#lines.push(`${name}${labelText(labels)} ${valueText(value)}\n`);
  }

  /** A family of one sample without labels. */
  single(name: string, help: string, value: number): void {
    this.family(name, help)({}, value);
  }

  text(): string {
    return this.#lines.join('');
  }
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

/** Label values come from the wire and from configuration: backslash, quote and line break are escaped. */
const escapeLabel = (value: string): string =>
  /[\\"\n]/.test(value) ? value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n') : value;

const escapeHelp = (help: string): string => help.replace(/\\/g, '\\\\').replace(/\n/g, '\\n');

function valueText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}
