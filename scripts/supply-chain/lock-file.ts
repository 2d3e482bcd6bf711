// package-lock.json (version 3) as the supply chain's checks read it: every package that an install can bring, with its hash and licence.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** An entry under "packages", as npm writes it. `resolved` is left out where it would only repeat the registry's own address. */
export interface LockEntry {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
  readonly optional?: boolean;
  /** npm copies these from the package: a list, or one name. */
  readonly os?: string | readonly string[];
  readonly cpu?: string | readonly string[];
  readonly libc?: string | readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

export interface LockFile {
  readonly lockfileVersion: number;
  readonly packages: Readonly<Record<string, LockEntry>>;
}

export interface LockedPackage extends LockEntry {
  /** Where it is installed, from the root: `node_modules/ajv/node_modules/fast-uri`. */
  readonly path: string;
  readonly name: string;
}

export function readLock(): LockFile {
  return JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
}

/** The package's name, from where it is installed. */
export function nameAt(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

/** What comes from a registry: everything but the workspaces and the links to them. */
export function registryPackages(lock: LockFile): LockedPackage[] {
  return Object.entries(lock.packages)
    .filter(([path, entry]) => path.includes('node_modules/') && entry.link !== true)
    .map(([path, entry]) => ({ ...entry, path, name: nameAt(path) }));
}

/** The machine that Weir runs on. */
const PLATFORM = { os: 'linux', cpu: 'x64', libc: 'glibc' };

/** Whether npm installs it on the machine that Weir runs on. */
export function isForPlatform({ os, cpu, libc }: LockEntry): boolean {
  return allows(os, PLATFORM.os) && allows(cpu, PLATFORM.cpu) && allows(libc, PLATFORM.libc);
}

/** Names, or names that are excluded with `!`. */
function allows(wanted: string | readonly string[] | undefined, value: string): boolean {
  if (wanted === undefined) return true;
  const names = typeof wanted === 'string' ? [wanted] : wanted;
  return !names.includes(`!${value}`) && (names.includes(value) || names.every((name) => name.startsWith('!')));
}
