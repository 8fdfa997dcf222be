import { z } from 'zod';
import type { JsonValue } from '../../core/json.ts';
import { viewOptionShape } from './view/options.ts';

/**
 * What a telemetry client may say. The same schemas parse the messages and describe them in `/asyncapi.json`.
 */

const requestId = z.string().max(128).optional().describe('Echoed in the answer');
/** Any JSON value: what reaches a schema was parsed from JSON. */
const json = z.custom<JsonValue>();

export const pingMessage = z
  .object({ type: z.literal('PING'), t: json.optional() })
  .describe('Keepalive. Silent, unless it carries t: then PONG echoes it');
export const resyncMessage = z.object({ type: z.literal('RESYNC') }).describe('Asks for a full TELEMETRY');
/** Strict: an option that is misspelt would otherwise be an option that silently does nothing. */
export const subscribeMessage = z
  .strictObject({
    type: z.literal('SUBSCRIBE'),
    requestId,
    ...viewOptionShape,
    sections: viewOptionShape.sections.nullable(),
    symbol: viewOptionShape.symbol.nullable(),
  })
  .describe(
    'Changes the options given and keeps the others; null for sections: all, for symbol: the default document',
  );
/** Cut rather than refused: a HALT must not fail for what stands beside it. */
const bounded = (max: number) =>
  z
    .string()
    .transform((text) => text.slice(0, max))
    .optional()
    .catch(undefined);
const commandFields = {
  reason: bounded(500).describe('For the audit log; 500 characters'),
  requestId: bounded(128).describe('Echoed in the answer; 128 characters'),
};
export const haltMessage = z
  .object({ type: z.literal('HALT'), ...commandFields })
  .describe('Halts the engine');
export const resumeMessage = z.object({ type: z.literal('RESUME'), ...commandFields }).describe('Resumes it');

export type CommandMessage = z.infer<typeof haltMessage> | z.infer<typeof resumeMessage>;
export type SubscribeMessage = z.infer<typeof subscribeMessage>;
