import { z } from 'zod';
import type { ApiMessage } from './asyncapi.ts';

/** A message whose payload is what a schema takes in. */
export function apiMessage(name: string, summary: string, schema: z.ZodType): ApiMessage {
  return { name, summary, payload: jsonSchema(schema) };
}

/** What a schema takes in, as JSON Schema draft 7. */
export function jsonSchema(schema: z.ZodType): object {
  return z.toJSONSchema(schema, { target: 'draft-7', io: 'input', unrepresentable: 'any' });
}
