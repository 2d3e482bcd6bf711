// Holds that every locked package has an accepted licence, and that NOTICE passes on the notices that installed packages ask to be passed on.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEVELOPMENT_LICENCES, isMet, PRODUCTION_LICENCES } from './licences.ts';
import { type LockFile, ROOT, readLock, registryPackages } from './lock-file.ts';
import { productionOf } from './production.ts';

/** Packages whose licence is not accepted, one message each. */
export function licenceProblems(lock: LockFile): string[] {
  const production = new Set(productionOf(lock).packages.map(({ path }) => path));
  const problems: string[] = [];
  for (const { path, license = '' } of registryPackages(lock)) {
    const runs = production.has(path);
    const allowed = runs ? PRODUCTION_LICENCES : [...PRODUCTION_LICENCES, ...DEVELOPMENT_LICENCES];
    if (isMet(license, allowed)) continue;
    const found = license === '' ? 'names no licence' : `is licensed ${license}`;
    const where = runs ? 'what runs' : 'development';
    problems.push(`${path}: ${found}, which scripts/supply-chain/licences.ts does not accept for ${where}`);
  }
  return problems;
}

/** Paragraphs of a package's NOTICE file that ours lacks (Apache-2.0, section 4d), one message for the package. */
export function noticeProblems(name: string, theirs: string, ours: string): string[] {
  const flat = (text: string) => text.replace(/\s+/g, ' ').trim();
  const missing = theirs.split(/\n\s*\n/).filter((paragraph) => !flat(ours).includes(flat(paragraph)));
  return missing.length === 0 ? [] : [`${name}: NOTICE does not repeat its notice: "${flat(missing.join(' '))}"`];
}

function installedNotices(lock: LockFile, ours: string): string[] {
  return productionOf(lock).packages.flatMap(({ path }) => {
    const dir = join(ROOT, path);
    // A binary for another platform is not installed.
    const files = existsSync(dir) ? readdirSync(dir).filter((file) => /^notice(\.(md|txt))?$/i.test(file)) : [];
    return files.flatMap((file) => noticeProblems(path, readFileSync(join(dir, file), 'utf8'), ours));
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const lock = readLock();
  const problems = [...licenceProblems(lock), ...installedNotices(lock, readFileSync(join(ROOT, 'NOTICE'), 'utf8'))];
  for (const line of problems) process.stderr.write(`${line}\n`);
  process.stdout.write(`licences: ${problems.length === 0 ? 'all accepted' : `${problems.length} problems`}\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
