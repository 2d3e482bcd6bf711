// Configuration from a YAML file, then WEIR_… variables, then flags: later ones win. Every mistake is reported, each in one line.
import { readFileSync } from 'node:fs';
import { nearest } from '@weir/record';
import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { ServerError } from '../errors.ts';
import { keysAt } from './known-keys.ts';
import { flagOf, variableOf } from './names.ts';
import { type Config, ConfigSchema, type Setting, settings } from './schema.ts';
import { readSecret, secretInFlag } from './secrets.ts';

export interface ConfigSources {
  /** Path of the YAML file, if any. */
  readonly file?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Values by setting path joined with dots: `http.port`. */
  readonly flags: Readonly<Record<string, string | boolean | undefined>>;
}

/** Variables that begin with WEIR_ and are no settings. */
const OTHER_VARIABLES = new Set(['WEIR_CONFIG', 'WEIR_SERVER']);

/**
 * Whether a variable is one that Kubernetes sets in every pod for a Service, here one whose name begins with `weir`: its
 * WEIR_SERVICE_HOST, WEIR_PORT=tcp://10.0.0.1:8080 and the like are no settings, even where the names are the same.
 */
function isServiceVariable(name: string, value: string): boolean {
  if (/_SERVICE_HOST$|_SERVICE_PORT(_[A-Z0-9_]+)?$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/.test(name))
    return true;
  return name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(value);
}

type Tree = { [key: string]: unknown };

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function setAt(tree: Tree, path: readonly string[], value: unknown): void {
  let at = tree;
  for (const key of path.slice(0, -1)) {
    const child = at[key];
    if (isTree(child)) at = child;
    else {
      const made: Tree = {};
      at[key] = made;
      at = made;
    }
  }
  at[path[path.length - 1]] = value;
}

function getAt(tree: Tree, path: readonly string[]): unknown {
  let at: unknown = tree;
  for (const key of path) at = isTree(at) ? at[key] : undefined;
  return at;
}

/** A variable's or flag's text as the schema's type: numbers, booleans and lists by what the setting takes. */
function textValue(text: string, setting: Setting): unknown {
  if (setting.type.startsWith('list of objects')) return parseDocument(text).toJS();
  if (setting.type.startsWith('list of')) {
    return text.split(',').map((part) => scalar(part.trim(), setting.type.slice('list of '.length)));
  }
  return scalar(text, setting.type);
}

function scalar(text: string, type: string): unknown {
  if (/\b(integer|number)\b/.test(type) && /^-?\d+$/.test(text)) return Number(text);
  if (type === 'boolean' && /^(true|false|1|0)$/.test(text)) return text === 'true' || text === '1';
  return text;
}

interface Origin {
  /** Where a value of this path was written, for messages. */
  of(path: readonly PropertyKey[]): string;
}

interface ReadFile {
  readonly tree: Tree;
  readonly where: (path: readonly PropertyKey[]) => string | undefined;
}

function readYaml(file: string, mistakes: string[]): ReadFile {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? error.code : error;
    throw new ServerError('file_unreadable', `cannot read the configuration file ${file} (${why})`);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  for (const error of document.errors) {
    const at = lines.linePos(error.pos[0]);
    mistakes.push(`${file}:${at.line}:${at.col}: ${error.message}`);
  }
  const tree: unknown = document.errors.length > 0 ? {} : (document.toJS() ?? {});
  if (!isTree(tree)) mistakes.push(`${file}: expected settings such as "http:" at the top`);
  return {
    tree: isTree(tree) ? tree : {},
    where(path) {
      // The nearest enclosing node that the file has.
      for (let length = path.length; length > 0; length--) {
        const node = document.getIn(path.slice(0, length), true) as { range?: [number, number, number] } | undefined;
        if (node?.range !== undefined) {
          const at = lines.linePos(node.range[0]);
          return `${file}:${at.line}:${at.col}`;
        }
      }
      return undefined;
    },
  };
}

function describeIssue(issue: z.core.$ZodIssue, origin: Origin): string[] {
  const name = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const near = nearest(key, keysAt(issue.path));
      const full = [...issue.path, key].join('.');
      return `${origin.of([...issue.path, key])}: unknown setting "${full}"${near === undefined ? '' : `, did you mean "${near}"?`}`;
    });
  }
  return [`${origin.of(issue.path)}: ${name}: ${issue.message}`];
}

/** A secret from the file that its setting with `_file` behind names. */
function takeFromFile(tree: Tree, { path }: Setting, origin: Origin, mistakes: string[]): void {
  const filePath = [...path.slice(0, -1), `${path.at(-1)}_file`];
  const file = getAt(tree, filePath);
  // What is no text the schema refuses.
  if (typeof file !== 'string' || file === '') return;
  const [name, fileName] = [path.join('.'), filePath.join('.')];
  if (getAt(tree, path) !== undefined) {
    mistakes.push(`${origin.of(filePath)}: ${fileName}: ${name} is given too (${origin.of(path)}): keep one of them`);
    return;
  }
  try {
    const secret = readSecret(file);
    if (secret === '') mistakes.push(`${origin.of(filePath)}: ${fileName}: ${file} is empty`);
    setAt(tree, path, secret);
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? error.code : error;
    mistakes.push(`${origin.of(filePath)}: ${fileName}: cannot read ${file} (${why})`);
  }
}

/** The configuration from its sources. Throws ServerError `config_invalid` with one message for each mistake. */
export function loadConfig(sources: ConfigSources): Config {
  const mistakes: string[] = [];
  const file = sources.file === undefined ? undefined : readYaml(sources.file, mistakes);
  const tree = file?.tree ?? {};
  const known = settings();
  const origins = new Map<string, string>();

  const byVariable = new Map(known.map((setting) => [variableOf(setting), setting]));
  for (const [name, value] of Object.entries(sources.env)) {
    if (!name.startsWith('WEIR_') || OTHER_VARIABLES.has(name) || value === undefined) continue;
    if (isServiceVariable(name, value)) continue;
    const setting = byVariable.get(name);
    if (setting === undefined) {
      const near = nearest(name, byVariable.keys());
      mistakes.push(`environment: unknown variable ${name}${near === undefined ? '' : `, did you mean ${near}?`}`);
    } else {
      setAt(tree, setting.path, textValue(value, setting));
      origins.set(setting.path.join('.'), `environment: ${name}`);
    }
  }

  const byPath = new Map(known.map((setting) => [setting.path.join('.'), setting]));
  for (const [name, value] of Object.entries(sources.flags)) {
    const setting = byPath.get(name);
    if (setting === undefined || value === undefined) continue;
    const secret = secretInFlag(setting, value);
    if (secret !== undefined) {
      mistakes.push(secret);
      continue;
    }
    setAt(tree, setting.path, typeof value === 'boolean' ? value : textValue(value, setting));
    origins.set(name, `flag ${flagOf(setting)}`);
  }

  const origin: Origin = {
    of(path) {
      // A list given by variable or flag is one origin for all its items.
      for (let length = path.length; length > 0; length--) {
        const origin = origins.get(path.slice(0, length).join('.'));
        if (origin !== undefined) return origin;
      }
      return file?.where(path) ?? 'configuration';
    },
  };
  for (const setting of known.filter(({ secret }) => secret)) takeFromFile(tree, setting, origin, mistakes);
  const result = ConfigSchema.safeParse(tree);
  if (!result.success) mistakes.push(...result.error.issues.flatMap((issue) => describeIssue(issue, origin)));
  if (mistakes.length > 0 || !result.success) {
    throw new ServerError(
      'config_invalid',
      `the configuration has ${mistakes.length} mistake${mistakes.length === 1 ? '' : 's'}`,
      mistakes,
    );
  }
  return result.data;
}
