// Reads the parameters of a query by its schema, and says what is wrong with them: which one, what it takes, what was perhaps meant.
import { nearest } from '@weir/record';
import type { z } from 'zod';
import { QueryError, type QueryMistake } from './errors.ts';

type Issue = z.core.$ZodIssue;

/** Reads a query. Throws QueryError: `bad_filter` with positions, or `bad_parameter` with the parameter's name. */
export function parseQuery<S extends z.ZodObject>(schema: S, input: Readonly<Record<string, unknown>>): z.output<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const mistakes = result.error.issues.flatMap((issue) => mistakesOf(issue, input, Object.keys(schema.shape)));
  const onlyFilter = mistakes.every((mistake) => mistake.parameter === 'filter');
  throw new QueryError(onlyFilter ? 'bad_filter' : 'bad_parameter', mistakes);
}

function mistakesOf(issue: Issue, input: Readonly<Record<string, unknown>>, known: readonly string[]): QueryMistake[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownParameter(key, known));
  const params = (issue.code === 'custom' ? issue.params : undefined) as Partial<QueryMistake> | undefined;
  const parameter = String(issue.path[0] ?? '');
  const message = inWords(issue, parameter, input[parameter]);
  return [{ message, parameter, ...params }];
}

/** What a parameter takes. Messages that the schema itself gives stand as they are. */
function inWords(issue: Issue, parameter: string, value: unknown): string {
  // Only a URL that names a parameter twice gives a list.
  if (Array.isArray(value) && (issue.code === 'invalid_type' || issue.code === 'invalid_union')) {
    return `${parameter} is given ${value.length} times`;
  }
  switch (issue.code) {
    case 'too_big':
      return issue.origin === 'string'
        ? `${parameter} is longer than ${issue.maximum} characters`
        : `${parameter} is at most ${issue.maximum}`;
    case 'too_small':
      return issue.origin === 'array' ? `${parameter} names nothing` : `${parameter} is at least ${issue.minimum}`;
    case 'invalid_type':
      return value === undefined ? `${parameter} is missing` : `${parameter} is a whole number`;
    case 'invalid_value':
      return issue.message.startsWith('Invalid ') ? `${parameter} is one of ${issue.values.join(', ')}` : issue.message;
    default:
      return issue.message;
  }
}

function unknownParameter(name: string, known: readonly string[]): QueryMistake {
  const suggestion = nearest(name, known);
  const hint = suggestion === undefined ? '' : `; did you mean ${suggestion}?`;
  return {
    message: `There is no parameter "${name}"${hint}`,
    parameter: name,
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}
