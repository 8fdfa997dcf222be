import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';
import type {
  AckPacket,
  DeltaPacket,
  ErrorPacket,
  PongPacket,
  TelemetryPacket,
  WelcomePacket,
} from '../wire/packet.ts';
import type { Codec } from './types.ts';

export type DocumentPacket = WelcomePacket | TelemetryPacket | DeltaPacket;
export type ServerPacket = DocumentPacket | AckPacket | ErrorPacket | PongPacket;

/** `malformed`: it is not what its type promises. `unknown`: of a type that a later gateway may have. */
export type PacketRead = ServerPacket | 'malformed' | 'unknown';

/** Reads a message in whatever form a transport gives it: what it is, and its bytes on the wire. */
export function readMessage(data: unknown, codec?: Codec): [message: PacketRead, bytes: number] {
  const content = data instanceof ArrayBuffer ? new Uint8Array(data) : data;
  if (typeof content !== 'string' && !(content instanceof Uint8Array)) return ['malformed', 0];
  const bytes = typeof content === 'string' ? utf8Length(content) : content.length;
  try {
    return [readPacket(typeof content === 'string' ? JSON.parse(content) : codec?.decode(content)), bytes];
  } catch {
    return ['malformed', bytes];
  }
}

const encoder = new TextEncoder();

/** Bytes of a text in UTF-8. */
export function utf8Length(text: string): number {
  return encoder.encode(text).length;
}

/** Checks as much of a message as would do harm here if it were otherwise. */
export function readPacket(message: unknown): PacketRead {
  if (!isJsonObject(message) || !isText(message.type)) return 'malformed';
  const isSound = checks.get(message.type);
  if (isSound === undefined) return 'unknown';
  return isSound(message) ? (message as JsonObject & ServerPacket) : 'malformed';
}

type Check = (message: JsonObject) => boolean;

const hasDocument: Check = ({ seq, data }) => isSeq(seq) && isJsonObject(data);
const hasChange: Check = ({ seq, base, patch, append = {} }) =>
  isSeq(seq) &&
  isSeq(base) &&
  isJsonObject(patch) &&
  isJsonObject(append) &&
  Object.values(append).every(isAppend);

const checks: ReadonlyMap<string, Check> = new Map([
  [
    'WELCOME',
    (message) =>
      isText(message.epoch) && isJsonObject(message.granted) && (hasDocument(message) || hasChange(message)),
  ],
  ['TELEMETRY', (message) => hasDocument(message) && (message.epoch === undefined || isText(message.epoch))],
  ['DELTA', hasChange],
  ['ACK', ({ granted = {} }) => isJsonObject(granted)],
  ['ERROR', ({ code, message }) => isText(code) && isText(message)],
  ['PONG', ({ t }) => typeof t === 'number'],
] satisfies [string, Check][]);

function isAppend(value: JsonValue): boolean {
  return isJsonObject(value) && isSeq(value.drop) && Array.isArray(value.add);
}

function isSeq(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
