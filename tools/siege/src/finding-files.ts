// Findings as files: one JSON document each, named for what it is, so that the same finding is the same file.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SiegeError } from './errors.ts';
import type { Finding } from './scenario.ts';

export interface FindingFile extends Finding {
  readonly scenario: string;
  readonly seed: number;
}

/** Numbers differ from input to input; what is left says whether two findings are the same. */
export function signature({ oracle, message }: Pick<Finding, 'oracle' | 'message'>): string {
  return `${oracle} ${message.replace(/\d+/g, 'N')}`;
}

/** Writes a finding below `directory` and answers its path. */
export function saveFinding(directory: string, finding: FindingFile): string {
  const hash = createHash('sha256').update(signature(finding)).digest('hex').slice(0, 8);
  const path = join(directory, `${finding.scenario}-${finding.oracle}-${hash}.json`);
  mkdirSync(directory, { recursive: true });
  writeFileSync(path, `${JSON.stringify(finding, undefined, 2)}\n`);
  return path;
}

/** Reads one back. Throws SiegeError `bad_finding`. */
export function readFinding(path: string): FindingFile {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new SiegeError('bad_finding', `${path} cannot be read as a finding: ${(error as Error).message}`);
  }
  if (!isFinding(parsed))
    throw new SiegeError('bad_finding', `${path} is no finding: it lacks scenario, oracle or input`);
  return parsed;
}

function isFinding(value: unknown): value is FindingFile {
  if (typeof value !== 'object' || value === null) return false;
  const { scenario, oracle } = value as Partial<FindingFile>;
  return typeof scenario === 'string' && typeof oracle === 'string' && 'input' in value;
}
