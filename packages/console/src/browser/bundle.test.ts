// What the page weighs: budgets for what a first visit loads.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DIST } from './fixture/server.ts';

const ASSETS = join(DIST, 'assets');

/** Bytes of an asset as it goes over the wire. */
const weight = (name: string) => gzipSync(readFileSync(join(ASSETS, name))).length;

/** Scripts that a script imports before it runs, itself included. */
function scriptsOf(name: string, found = new Set<string>()): Set<string> {
  if (found.has(name)) return found;
  found.add(name);
  const text = readFileSync(join(ASSETS, name), 'utf8');
  for (const [, imported] of text.matchAll(/(?:^|[;}])import(?:[^'"();]*from)?["']\.\/([^"']+\.js)["']/g)) {
    if (imported !== undefined) scriptsOf(imported, found);
  }
  return found;
}

describe('the built page', () => {
  const files = readdirSync(ASSETS);
  const chunk = (prefix: string) =>
    files.find((file) => file.startsWith(`${prefix}-`) && file.endsWith('.js')) ?? prefix;
  const html = readFileSync(join(DIST, 'index.html'), 'utf8');

  it('loads at most 350 kB of script for its first view', () => {
    const entry = /src="\/assets\/([^"]+\.js)"/.exec(html)?.[1] ?? '';
    const scripts = scriptsOf(chunk('Overview'), scriptsOf(entry));
    const sum = [...scripts].reduce((total, name) => total + weight(name), 0);
    expect(scripts.size).toBeGreaterThan(2);
    expect(sum / 1000).toBeLessThan(350);
    expect([...scripts].filter((name) => name.startsWith('EChart'))).toEqual([]);
  });

  it('keeps the charts in a script of at most 250 kB and all styles under 120 kB', () => {
    expect(weight(chunk('EChart')) / 1000).toBeLessThan(250);
    const styles = files.filter((file) => file.endsWith('.css')).reduce((total, name) => total + weight(name), 0);
    expect(styles / 1000).toBeLessThan(120);
  });

  it('takes nothing from other hosts and has no script in the page itself', () => {
    expect(html).not.toMatch(/<script(?![^>]*src=)/);
    expect(html).not.toMatch(/https?:\/\//);
    const styles = files
      .filter((file) => file.endsWith('.css'))
      .map((file) => readFileSync(join(ASSETS, file), 'utf8'));
    expect(styles.join('').match(/url\(["']?https?:/g)).toBeNull();
  });
});
