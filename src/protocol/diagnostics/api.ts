import { z } from 'zod';
import { apiMessage } from '../../http/api-message.ts';
import type { ApiChannel } from '../../http/asyncapi.ts';
import { entryTypes, logLevels } from './schema.ts';

/** The frames as schemas, for `/asyncapi.json`; as types they stand in `packets.ts`. */

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

/** What `/asyncapi.json` says of this dialect. */
export function describeDiagnostics(address: string): ApiChannel {
  return {
    id: 'diagnostics',
    address,
    description: 'Live diagnostics: telemetry and the newest logs at once, then each event as it happens',
    fromClient: [
      apiMessage('ping', 'Keepalive; never required', says('ping')),
      apiMessage('refresh', 'Asks for telemetry and logs again', says('refresh')),
      apiMessage('subscribe', 'Ignored: every client gets everything', says('subscribe')),
    ],
    fromServer: [
      apiMessage(
        'telemetry',
        'First frame, then every 5 s and when it matters',
        frame('telemetry', telemetry),
      ),
      apiMessage(
        'logs',
        'Second frame: up to 20 log entries, newest first',
        frame('logs', z.array(logEntry).max(20)),
      ),
      apiMessage('log', 'A log entry, as it is recorded', frame('log', logEntry)),
      apiMessage('persona_entry', 'A diary entry, as it is created', frame('persona_entry', personaEntry)),
      apiMessage('graph_update', 'A change of the graph, as it happens', frame('graph_update', graphUpdate)),
      apiMessage('pong', 'Answer to a ping', pong),
    ],
  };
}
