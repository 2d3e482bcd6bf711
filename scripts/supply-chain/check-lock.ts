// Holds that package-lock.json says all of what an install brings: a hash for each package, nothing from anywhere but a registry, and
// nothing that a script would have to fetch or build (docs/decisions/*-hermetic-install.md).
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isForPlatform, type LockFile, ROOT, readLock, registryPackages } from './lock-file.ts';

/** Packages that do without their install script, because the binary that it would fetch or build comes as the package named here. */
export const NEEDS_NO_SCRIPT: Readonly<Record<string, string>> = {
  // Its script is `node -e ""`.
  chdb: '@chdb/lib-linux-x64-gnu',
  // Its script builds from source where npm installed no such package.
  koffi: '@koromix/koffi-linux-x64',
};

/** npm runs these of a package when it is installed. */
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall', 'prepare'];

const REGISTRY = 'https://registry.npmjs.org/';
/** Subresource Integrity, SHA-512: 64 bytes in base64. */
const INTEGRITY = /^sha512-[A-Za-z0-9+/]{86}==$/;

/** What is wrong with a lock file, one message each. */
export function lockProblems(lock: LockFile): string[] {
  if (lock.lockfileVersion !== 3) return [`package-lock.json is of version ${lock.lockfileVersion}: 3 is expected`];
  const packages = registryPackages(lock);
  const problems: string[] = [];
  for (const entry of packages) {
    const { path, integrity = '', resolved, hasInstallScript } = entry;
    if (!INTEGRITY.test(integrity)) {
      problems.push(`${path}: no SHA-512 integrity${integrity === '' ? '' : `, but "${integrity}"`}`);
    }
    if (resolved !== undefined && !resolved.startsWith(REGISTRY)) {
      problems.push(`${path}: comes from ${resolved}, not from ${REGISTRY}`);
    }
    if (hasInstallScript !== true) continue;
    const binary = NEEDS_NO_SCRIPT[entry.name];
    if (binary === undefined) {
      problems.push(
        `${path}: has an install script: say in scripts/supply-chain/check-lock.ts what makes it work without`,
      );
    } else if (!packages.some((other) => other.name === binary && isForPlatform(other))) {
      problems.push(`${path}: works without its install script only with ${binary}, which is not in the lock`);
    }
  }
  return problems;
}

/** A package.json of our own that would run something when it is installed. */
export function scriptProblems(path: string, manifest: { scripts?: Readonly<Record<string, string>> }): string[] {
  return INSTALL_SCRIPTS.filter((name) => manifest.scripts?.[name] !== undefined).map(
    (name) => `${path}: the script "${name}" would run at install; scripts/setup.mjs is the place for it`,
  );
}

function ownManifests(): string[] {
  const workspaces = ['packages', 'tools'].flatMap((group) =>
    readdirSync(join(ROOT, group)).map((name) => join(group, name, 'package.json')),
  );
  return ['package.json', ...workspaces];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const lock = readLock();
  const problems = [
    ...lockProblems(lock),
    ...ownManifests().flatMap((path) => scriptProblems(path, JSON.parse(readFileSync(join(ROOT, path), 'utf8')))),
  ];
  for (const line of problems) process.stderr.write(`${line}\n`);
  const count = registryPackages(lock).length;
  process.stdout.write(
    `lock file: ${problems.length === 0 ? `${count} packages, each with its hash` : `${problems.length} problems`}\n`,
  );
  process.exitCode = problems.length === 0 ? 0 : 1;
}
