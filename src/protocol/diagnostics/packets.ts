import type { JsonObject } from '../../core/json.ts';
import { Message } from '../../encode/message.ts';
import type { entryTypes, LogLevel } from './schema.ts';

/** What clients are sent. Types, not interfaces, so that each is a JSON object. */

export type LogEntry = {
  /** `log-<epoch ms>`, with `-2`, `-3`, … for further entries of the same millisecond. */
  readonly id: string;
  readonly timestamp: string;
  readonly level: LogLevel;
  readonly message: string;
};

export type PersonaEntry = {
  readonly id: string;
  readonly timestamp: string;
  readonly entry_type: (typeof entryTypes)[number];
  readonly content: string;
  readonly summary: string | null;
  readonly sentiment: string | null;
  /** 0 to 1. */
  readonly confidence: number | null;
  readonly metadata: JsonObject;
};

export type GraphUpdate = {
  readonly update_type: string;
  readonly entity_id: string;
  readonly timestamp: string;
  readonly details: JsonObject;
};

/** What stays of the last `llm` event. */
export type LlmFigures = {
  readonly llm_latency_ms: number | null;
  readonly llm_prompt_tokens: number | null;
  readonly llm_completion_tokens: number | null;
  readonly llm_total_tokens: number | null;
  readonly persona_sentiment: string | null;
  /** 0 to 1. */
  readonly persona_confidence: number | null;
  readonly last_llm_update: string | null;
  readonly last_llm_session: string | null;
};

export type Telemetry = {
  readonly api_latency_ms: number;
  readonly request_count: number;
  /** Percent. */
  readonly success_rate: number;
  readonly active_plans: number;
  readonly active_websockets: number;
  readonly last_update: string | null;
  readonly last_broadcast: string | null;
} & LlmFigures;

/** What happened: every client is sent each of these, in this order. */
export type EventPacket =
  | { readonly type: 'log'; readonly data: LogEntry }
  | { readonly type: 'persona_entry'; readonly data: PersonaEntry }
  | { readonly type: 'graph_update'; readonly data: GraphUpdate };

export type TelemetryPacket = { readonly type: 'telemetry'; readonly data: Telemetry };
/** Newest first. */
export type LogsPacket = { readonly type: 'logs'; readonly data: readonly LogEntry[] };
export type PongPacket = {
  readonly type: 'pong';
  readonly timestamp: string;
  readonly connection_id: string;
};

export function messageOf(packet: TelemetryPacket | LogsPacket | PongPacket): Message {
  return new Message(packet);
}
