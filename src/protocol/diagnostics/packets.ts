import { z } from 'zod';
import { Message } from '../../encode/message.ts';
import type { MessageKinds } from '../../serve/endpoint.ts';
import { entryLevels, entryType } from './schema.ts';

/** The frames from and to clients. Each is declared once, as a schema from which its type is inferred. */

const time = z.iso.datetime();
const count = z.int().min(0);
const share = z.number().min(0).max(1);
const anyObject = z.record(z.string(), z.unknown());

const logEntry = z.strictObject({
  /** `log-<epoch ms>`, with `-2`, `-3`, … for further entries of the same millisecond. */
  id: z.string().regex(/^log-\d+(-\d+)?$/),
  timestamp: time,
  level: z.enum(entryLevels),
  message: z.string(),
});
const personaEntry = z.looseObject({
  id: z.string(),
  entry_id: z.string().describe('As id, unless it came with another'),
  timestamp: time,
  entry_type: entryType.describe(
    'observation, reflection, goal, plan, decision, outcome, or another name of the engine',
  ),
  content: z.string(),
  summary: z.string().nullable(),
  sentiment: z.string().nullable(),
  confidence: share.nullable(),
  metadata: anyObject,
  emotion_tags: z.array(z.unknown()),
  related_process_ids: z.array(z.unknown()),
  related_goal_ids: z.array(z.unknown()),
});
const graphUpdate = z.strictObject({
  update_type: z.string(),
  entity_id: z.string(),
  timestamp: time,
  details: anyObject,
});
/** What stays of the last `llm` event. */
const lastLlmCall = z.strictObject({
  llm_latency_ms: z.number().min(0).nullable(),
  llm_prompt_tokens: count.nullable(),
  llm_completion_tokens: count.nullable(),
  llm_total_tokens: count.nullable(),
  persona_sentiment: z.string().nullable(),
  persona_confidence: share.nullable(),
  last_llm_update: time.nullable(),
  last_llm_session: z.string().nullable(),
});
const telemetryFigures = z.strictObject({
  api_latency_ms: z.number().min(0).describe('ms; 0 until known'),
  request_count: count.describe('Requests to the engine since the start'),
  success_rate: z.number().min(0).max(100).describe('Percent, last 60 s; 100 with none'),
  active_plans: count,
  active_websockets: count.describe('Open sessions of every dialect'),
  last_update: time.describe('When the figures last changed'),
  last_poll: time.nullable().describe('Last successful poll'),
  last_broadcast: time.nullable().describe('Last fan-out'),
  ...lastLlmCall.shape,
});
export type LogEntry = Readonly<z.infer<typeof logEntry>>;
export type LastLlmCall = Readonly<z.infer<typeof lastLlmCall>>;
export type TelemetryFigures = Readonly<z.infer<typeof telemetryFigures>>;

const frame = <Type extends string, Data extends z.ZodType>(type: Type, data: Data) =>
  z.strictObject({ type: z.literal(type), data });
const telemetry = frame('telemetry', telemetryFigures);
const logs = frame('logs', z.array(logEntry).max(20));
const log = frame('log', logEntry);
const personaEntryFrame = frame('persona_entry', personaEntry);
const graphUpdateFrame = frame('graph_update', graphUpdate);
const pong = z.strictObject({ type: z.literal('pong'), timestamp: time, connection_id: z.uuid() });

/** What happened: every client is sent each of these, in this order. */
export type EventPacket =
  | z.infer<typeof log>
  | z.infer<typeof personaEntryFrame>
  | z.infer<typeof graphUpdateFrame>;
/** Newest first. */
export type LogsPacket = z.infer<typeof logs>;

const says = <Type extends string>(type: Type) => z.object({ type: z.literal(type) });

/** What clients may say. */
export const diagnosticsHears = {
  ping: { summary: 'Keepalive; never required', schema: says('ping') },
  refresh: { summary: 'Asks for telemetry and logs again', schema: says('refresh') },
  subscribe: { summary: 'Ignored: every client gets everything', schema: says('subscribe') },
};

/** What they are sent. */
export const diagnosticsTells: MessageKinds = {
  telemetry: { summary: 'First frame, then every 5 s and when it matters', schema: telemetry },
  logs: { summary: 'Second frame: up to 20 log entries, newest first', schema: logs },
  log: { summary: 'A log entry, as it is recorded', schema: log },
  persona_entry: { summary: 'A diary entry, as it is created', schema: personaEntryFrame },
  graph_update: { summary: 'A change of the graph, as it happens', schema: graphUpdateFrame },
  pong: { summary: 'Answer to a ping', schema: pong },
};

export function diagnosticsMessage(
  packet: z.infer<typeof telemetry> | LogsPacket | z.infer<typeof pong>,
): Message {
  return new Message(packet);
}
