import { z } from 'zod';
import type { MessageKinds } from '../../serve/endpoint.ts';
import { entryTypes, logLevels } from './schema.ts';

/** The frames as schemas; as types they stand in `packets.ts`. */

const time = z.iso.datetime();
const count = z.int().min(0);
const share = z.number().min(0).max(1);
const anyObject = z.record(z.string(), z.unknown());

const logEntry = z.strictObject({
  id: z.string().regex(/^log-\d+(-\d+)?$/),
  timestamp: time,
  level: z.enum(logLevels),
  message: z.string(),
});
const personaEntry = z.strictObject({
  id: z.string(),
  timestamp: time,
  entry_type: z.enum(entryTypes),
  content: z.string(),
  summary: z.string().nullable(),
  sentiment: z.string().nullable(),
  confidence: share.nullable(),
  metadata: anyObject,
});
const graphUpdate = z.strictObject({
  update_type: z.string(),
  entity_id: z.string(),
  timestamp: time,
  details: anyObject,
});
const telemetry = z.strictObject({
  api_latency_ms: z.number().min(0).describe('ms; 0 until known'),
  request_count: count.describe('Requests to the engine since the start'),
  success_rate: z.number().min(0).max(100).describe('Percent, last 60 s; 100 with none'),
  active_plans: count,
  active_websockets: count.describe('Open sessions of every dialect'),
  last_update: time.nullable().describe('Last successful poll'),
  last_broadcast: time.nullable().describe('Last fan-out'),
  llm_latency_ms: z.number().min(0).nullable(),
  llm_prompt_tokens: count.nullable(),
  llm_completion_tokens: count.nullable(),
  llm_total_tokens: count.nullable(),
  persona_sentiment: z.string().nullable(),
  persona_confidence: share.nullable(),
  last_llm_update: time.nullable(),
  last_llm_session: z.string().nullable(),
});

const frame = <Type extends string, Data extends z.ZodType>(type: Type, data: Data) =>
  z.strictObject({ type: z.literal(type), data });
const pong = z.strictObject({ type: z.literal('pong'), timestamp: time, connection_id: z.uuid() });
const says = <Type extends string>(type: Type) => z.object({ type: z.literal(type) });

/** What clients may say. */
export const hears = {
  ping: { summary: 'Keepalive; never required', schema: says('ping') },
  refresh: { summary: 'Asks for telemetry and logs again', schema: says('refresh') },
  subscribe: { summary: 'Ignored: every client gets everything', schema: says('subscribe') },
};

/** What they are sent. */
export const tells: MessageKinds = {
  telemetry: {
    summary: 'First frame, then every 5 s and when it matters',
    schema: frame('telemetry', telemetry),
  },
  logs: {
    summary: 'Second frame: up to 20 log entries, newest first',
    schema: frame('logs', z.array(logEntry).max(20)),
  },
  log: { summary: 'A log entry, as it is recorded', schema: frame('log', logEntry) },
  persona_entry: {
    summary: 'A diary entry, as it is created',
    schema: frame('persona_entry', personaEntry),
  },
  graph_update: {
    summary: 'A change of the graph, as it happens',
    schema: frame('graph_update', graphUpdate),
  },
  pong: { summary: 'Answer to a ping', schema: pong },
};
