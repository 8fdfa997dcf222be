import type { JsonObject, JsonValue } from '../core/json.ts';
import type { Append } from './delta.ts';

/**
 * The packets of the telemetry dialect, server → client. Types, not interfaces, so that each is a JSON object.
 */

/** What a client was granted: the options in force and what it may do. */
export type Granted = {
  readonly mode: 'full' | 'delta';
  readonly encoding: 'json' | 'msgpack';
  /** Least milliseconds between two packets; 0: none. `pause`: urgent news only. */
  readonly interval: number | 'pause';
  /** Absent: all. */
  readonly sections?: readonly string[];
  /** Absent: the engine's default document. */
  readonly symbol?: string;
  readonly role: string;
  /** Whether HALT and RESUME are open to this client. */
  readonly commands: boolean;
  /** Names of what was asked for without being an option, at most 8. Absent: none. */
  readonly ignored?: readonly string[];
};

/** What changed since version `base`: a merge patch (RFC 7396), then appends to rolling top-level arrays. */
type Change = {
  readonly base: number;
  readonly patch: JsonObject;
  readonly append?: Readonly<Record<string, Append>>;
};

/** First frame of every connection: the whole document as it stands, or what changed since the client left. */
export type WelcomePacket = {
  readonly type: 'WELCOME';
  readonly seq: number;
  readonly epoch: string;
  readonly granted: Granted;
} & ({ readonly data: JsonObject } | Change);

/** The document after a change. `seq` numbers its versions; `epoch` is there when it is another than before. */
export type TelemetryPacket = {
  readonly type: 'TELEMETRY';
  readonly seq: number;
  readonly epoch?: string;
  readonly data: JsonObject;
};

export type DeltaPacket = { readonly type: 'DELTA'; readonly seq: number } & Change;

/** Answer to a `PING` that carried `t`, which is echoed; `server_time` is ISO 8601. */
export type PongPacket = {
  readonly type: 'PONG';
  readonly t: JsonValue;
  readonly server_time: string;
  /** Of the source `state` of the document that the client sees. */
  readonly state?: 'fresh' | 'stale' | 'down';
};

/** A command was carried out: `granted` for SUBSCRIBE, `result` (the engine's own answer) for HALT and RESUME. */
export type AckPacket = {
  readonly type: 'ACK';
  readonly command: string;
  readonly requestId?: string;
  readonly granted?: Granted;
  readonly result?: JsonValue;
};

/**
 * Whether a command that was refused had an effect: `none` where it certainly had not, and never will; `unknown`
 * where it may have been carried out, or may yet be.
 */
export type CommandEffect = 'none' | 'unknown';

/** A command was refused or failed. `code` is stable; `message` is for people. */
export type ErrorPacket = {
  readonly type: 'ERROR';
  readonly command?: string;
  readonly requestId?: string;
  readonly code: string;
  readonly message: string;
  /** There for HALT and RESUME. */
  readonly effect?: CommandEffect;
};
