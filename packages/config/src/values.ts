// Kinds of values as zod schemas: what a person writes in, what the program works with out.
import { parseNetwork, RecordError } from '@weir/record';
import { z } from 'zod';
import { parseDuration, parseSize } from './units.ts';

/** Bytes, written as a number or as `64MiB`. */
export const size = z.union([z.string(), z.number()]).transform((value, context) => {
  const bytes = parseSize(value);
  if (bytes !== undefined) return bytes;
  context.addIssue({ code: 'custom', message: `"${value}" is not a size such as 64MiB or 10GB` });
  return z.NEVER;
});

/** Milliseconds, written as `15m`. */
export const duration = z.string().transform((value, context) => {
  const ms = parseDuration(value);
  if (ms !== undefined) return ms;
  context.addIssue({ code: 'custom', message: `"${value}" is not a duration such as 30s, 15m or 7d` });
  return z.NEVER;
});

/** A network in CIDR form, or an address. */
export const network = z.string().refine(
  (text) => {
    try {
      parseNetwork(text);
      return true;
    } catch (error) {
      if (error instanceof RecordError) return false;
      throw error;
    }
  },
  { error: (issue) => `"${issue.input}" is not a network such as 10.0.0.0/8 or 2001:db8::/32` },
);
