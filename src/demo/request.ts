import type { HttpBindings } from '@hono/node-server';
import type { Context, Hono } from 'hono';
import type { z } from 'zod';

interface Env {
  Bindings: HttpBindings;
}
export type Routes = Hono<Env>;
export type Call = Context<Env>;

/** A refused request: which field, and what is allowed there. */
export interface Refusal {
  field: string;
  message: string;
}

/** Thrown by a handler: what to answer instead. */
export class RefusedRequest extends Error {
  readonly status: 400 | 413;
  readonly answer: object;

  constructor(status: 400 | 413, answer: object) {
    super(`refused with ${status}`);
    this.status = status;
    this.answer = answer;
  }
}

export function badField({ field, message }: Refusal): RefusedRequest {
  return new RefusedRequest(400, { error: 'bad request', field, message });
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

const maxBodyBytes = 16 * 1024;
/** A longer body is still read to its end up to here, so that the sender sees the 413 and no reset. */
const maxDiscardedBytes = 1024 * 1024;

/** The request's body as JSON; an empty one is `undefined`. Throws RefusedRequest. */
export async function readJson({ env: { incoming } }: Call): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= maxBodyBytes) chunks.push(chunk);
    // Closes the connection.
    if (bytes > maxDiscardedBytes) break;
  }
  if (bytes > maxBodyBytes) {
    const message = `the body may have ${maxBodyBytes} bytes at most`;
    throw new RefusedRequest(413, { error: 'body too large', message });
  }
  if (bytes === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw badField({ field: 'body', message: 'the body must be JSON' });
  }
}

/** The request's body as this schema has it. Throws RefusedRequest. */
export async function readBody<T extends z.ZodObject>(c: Call, schema: T): Promise<z.infer<T>> {
  const parsed = schema.safeParse(await readJson(c));
  if (!parsed.success) throw badField(refusalOf(parsed.error, schema));
  return parsed.data;
}

interface WholeNumbers {
  /** Default 0. */
  min?: number;
  max: number;
  /** Where the query has none. */
  fallback: number;
}

/** A whole number of the query. Throws RefusedRequest. */
export function wholeNumber({ req }: Call, name: string, { min = 0, max, fallback }: WholeNumbers): number {
  const text = req.query(name);
  if (text === undefined) return fallback;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= min && value <= max) return value;
  throw badField({ field: name, message: `${name} must be a whole number from ${min} to ${max}` });
}

/** `true` or `false` of the query; absent: false. Throws RefusedRequest. */
export function trueOrFalse({ req }: Call, name: string): boolean {
  const text = req.query(name) ?? 'false';
  if (text === 'true' || text === 'false') return text === 'true';
  throw badField({ field: name, message: `${name} must be true or false` });
}
