// Which locked packages Weir is made of: what the command, its processes and the page need, and not what only builds and tests them.
import { type LockEntry, type LockedPackage, type LockFile, nameAt } from './lock-file.ts';

/** Where to begin: the root brings Node, the command everything that runs on it, the console what is bundled into the page. */
const PRODUCTS = ['', 'packages/cli', 'packages/console'];

export interface ProductionPackage extends LockedPackage {
  /** Paths of the packages that it needs. */
  readonly needs: readonly string[];
}

export interface Production {
  readonly packages: readonly ProductionPackage[];
  /** Paths of the packages that our own packages name. */
  readonly direct: readonly string[];
}

/** Follows dependencies, also optional ones (a binary for each platform), from our own packages through the lock file. */
export function productionOf(lock: LockFile): Production {
  const found = new Map<string, ProductionPackage>();
  const direct = new Set<string>();
  const seen = new Set<string>();
  const queue = [...PRODUCTS];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const entry = lock.packages[path];
    if (entry === undefined) throw new Error(`package-lock.json has no entry "${path}": run npm install`);
    const needs = neededBy(entry)
      .map((name) => resolve(lock, path, name))
      .filter((needed) => needed !== undefined);
    queue.push(...needs);
    const registry = needs.filter((needed) => needed.includes('node_modules/'));
    if (path.includes('node_modules/')) found.set(path, { ...entry, path, name: nameAt(path), needs: registry.sort() });
    else for (const needed of registry) direct.add(needed);
  }
  const byPath = (one: ProductionPackage, other: ProductionPackage) => (one.path < other.path ? -1 : 1);
  return { packages: [...found.values()].sort(byPath), direct: [...direct].sort() };
}

/** Names that an entry needs. A peer that may be absent is not needed, whoever else has brought it. */
function neededBy(entry: LockEntry): string[] {
  const { dependencies = {}, optionalDependencies = {}, peerDependencies = {}, peerDependenciesMeta = {} } = entry;
  const peers = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true);
  return [...new Set([...Object.keys(dependencies), ...Object.keys(optionalDependencies), ...peers])];
}

/** Node's own search: `node_modules` beside the package, then in each folder above. A package of ours is a link to its folder. */
function resolve(lock: LockFile, from: string, name: string): string | undefined {
  for (let base = from; ; base = above(base)) {
    const path = base === '' ? `node_modules/${name}` : `${base}/node_modules/${name}`;
    const entry = lock.packages[path];
    if (entry !== undefined) return entry.link === true ? entry.resolved : path;
    // An optional dependency that the registry does not have for any platform of ours.
    if (base === '') return undefined;
  }
}

/** The next place to look: `a/node_modules/b` is looked at after `a/node_modules/b/node_modules`, then `a`, then the root. */
function above(base: string): string {
  const nested = base.lastIndexOf('/node_modules/');
  return nested === -1 ? '' : base.slice(0, nested);
}
