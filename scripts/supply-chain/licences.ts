// Which licences are accepted, and why: the few that the packages of the lock file have. A new one is a decision, so it fails the check.

/** Of what runs, or is part of the page: permissive licences that ask for no more than their own text and notices. */
export const PRODUCTION_LICENCES: readonly string[] = [
  'Apache-2.0',
  'MIT',
  'BSD-3-Clause',
  'ISC',
  // The licence of glob, lru-cache, minimatch, minipass and path-scurry (through @fastify/static): as permissive as MIT.
  'BlueOak-1.0.0',
  // tslib, in the page: asks for nothing.
  '0BSD',
  // isbot, through the page's router: public domain.
  'Unlicense',
];

/** Also accepted of what only builds and tests, because none of it is passed on. */
export const DEVELOPMENT_LICENCES: readonly string[] = [
  // lightningcss (in Vite) and axe-core: copyleft by file, used as they are.
  'MPL-2.0',
];

/** Whether an SPDX licence expression can be met by these licences. Reads AND, OR and parentheses; anything else is not met. */
export function isMet(expression: string, allowed: readonly string[]): boolean {
  const tokens = expression.match(/[()]|[^\s()]+/g) ?? [];
  let at = 0;
  const factor = (): boolean => {
    const token = tokens[at++];
    if (token !== '(') return token !== undefined && allowed.includes(token);
    const inside = either();
    return tokens[at++] === ')' && inside;
  };
  const both = (): boolean => {
    let met = factor();
    while (tokens[at] === 'AND') {
      at++;
      met = factor() && met;
    }
    return met;
  };
  const either = (): boolean => {
    let met = both();
    while (tokens[at] === 'OR') {
      at++;
      met = both() || met;
    }
    return met;
  };
  const met = either();
  return met && at === tokens.length;
}
