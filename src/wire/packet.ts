import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';

/** What a client was granted: the options in force and what it may do. */
export interface Granted {
  readonly mode: 'full';
  readonly encoding: 'json';
  /** Least milliseconds between two packets; 0: none. */
  readonly interval: number;
  readonly role: 'viewer';
  /** Whether HALT and RESUME are open to this client. */
  readonly commands: boolean;
}

/** First frame of every connection: the whole document as it stands. */
export interface WelcomePacket {
  readonly type: 'WELCOME';
  readonly seq: number;
  readonly epoch: string;
  readonly granted: Granted;
  readonly data: JsonObject;
}

/** The document after a change. `seq` numbers its versions. */
export interface TelemetryPacket {
  readonly type: 'TELEMETRY';
  readonly seq: number;
  readonly data: JsonObject;
}

/** Answer to a `PING` that carried `t`, which is echoed; `server_time` is ISO 8601. */
export interface PongPacket {
  readonly type: 'PONG';
  readonly t: JsonValue;
  readonly server_time: string;
}

/** `PING` without `t` is keepalive and stays unanswered. */
export interface PingMessage {
  readonly type: 'PING';
  readonly t?: JsonValue;
}

export type ClientMessage = PingMessage;

/** The message in a parsed client frame, or undefined where it is none that this protocol knows. */
export function readClientMessage(value: JsonValue): ClientMessage | undefined {
  if (!isJsonObject(value) || value.type !== 'PING') return undefined;
  return value.t === undefined ? { type: 'PING' } : { type: 'PING', t: value.t };
}
