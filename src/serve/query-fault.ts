import type { z } from 'zod';
import { Refusal } from '../core/errors.ts';

/** What is said of a query where its endpoint has no words of its own: the first field at fault. */
export function queryFault({ issues: [issue] }: z.ZodError): Refusal {
  const { path = [], message = 'not valid' } = issue ?? {};
  return new Refusal('BAD_OPTION', { detail: `${path.join('.')}: ${message}` });
}
