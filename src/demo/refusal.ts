import type { z } from 'zod';

/** A refused request: which field, and what is allowed there. */
export interface Refusal {
  field: string;
  message: string;
}

/** The first thing that is wrong with a request. */
export function refusalOf(error: z.ZodError, schema: z.ZodObject): Refusal {
  const issue = error.issues[0];
  if (issue === undefined) return { field: 'body', message: error.message };
  const field = issue.code === 'unrecognized_keys' ? issue.keys[0] : issue.path[0];
  const allowed =
    issue.code === 'unrecognized_keys' ? `; allowed: ${Object.keys(schema.shape).join(', ')}` : '';
  return { field: String(field ?? 'body'), message: issue.message + allowed };
}
