// Settings that every sink has, and checks of the texts in them.
import { size } from '@weir/config';
import { QueryError } from '@weir/query';
import { CATALOGUE, parseFilter } from '@weir/query/language';
import { compileMatcher } from '@weir/query/matcher';
import { nearest } from '@weir/record';
import { STORE } from '@weir/spool';
import { z } from 'zod';
import { RECORD_NAMES } from './flow-record.ts';
import { NAMES_CONSUMER } from './names/names.ts';

/** Names of consumers that are not sinks. */
const TAKEN = [STORE, NAMES_CONSUMER];

const name = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'a name has lower-case letters, digits and dashes, at most 63')
  .refine((text) => !TAKEN.includes(text), {
    error: (issue) => `"${issue.input}" is a consumer of Weir's own: choose another name`,
  })
  .describe('Name of the sink: in its account of the ledger, in metrics, and in the spool');

interface Mistake {
  readonly message: string;
  readonly from?: number;
  readonly to?: number;
}

/** What is wrong with a filter, each with its place in the text. */
export function filterMistakes(text: string): string[] {
  const { ast, errors } = parseFilter(text);
  const where = ({ message, from = 0, to = from }: Mistake): string => {
    const part = text.slice(from, to);
    return `${message} (at character ${from + 1}${part === '' ? '' : `: ${part}`})`;
  };
  if (errors.length > 0) return errors.map(where);
  try {
    compileMatcher(ast);
    return [];
  } catch (error) {
    if (error instanceof QueryError) return error.mistakes.map(where);
    throw error;
  }
}

const filter = z
  .string()
  .superRefine((text, context) => {
    for (const message of filterMistakes(text)) context.addIssue({ code: 'custom', message });
  })
  .prefault('')
  .describe('Which flows are sent; the others are counted as flows_filtered. The empty filter sends all');

const KNOWN: ReadonlySet<string> = new Set(RECORD_NAMES);

function unknownField(text: string): string {
  const elsewhere = CATALOGUE.elsewhere.get(text);
  const near = elsewhere !== undefined && KNOWN.has(elsewhere) ? elsewhere : nearest(text, KNOWN);
  return `there is no field "${text}"${near === undefined ? '' : `, did you mean "${near}"?`}`;
}

/** Names of fields of a flow record, each once. */
export const fields = z
  .array(z.string().refine((text) => KNOWN.has(text), { error: (issue) => unknownField(String(issue.input)) }))
  .min(1)
  .superRefine((names, context) => {
    for (const [index, field] of names.entries()) {
      if (names.indexOf(field) < index) {
        context.addIssue({ code: 'custom', path: [index], message: `"${field}" is there twice` });
      }
    }
  })
  .optional()
  .describe('Fields of a flow, in this order; without it all');

export const COMMON_SETTINGS = {
  name,
  filter,
  spool_max_size: size
    .prefault('1GiB')
    .describe('Cap of what waits for the sink in the spool; over it the oldest file is dropped and counted'),
};
