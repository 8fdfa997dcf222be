import type { z } from 'zod';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';
import type { Log } from '../core/log.ts';
import { parseUntrusted } from '../core/untrusted-json.ts';
import type { Session } from '../deliver/session.ts';
import { ownerFields, type SessionClient, type SessionEnd } from '../deliver/session-terms.ts';
import type { Client, Endpoint, MessageKinds, Unreadable } from './endpoint.ts';

/** Shared by all conversations of an endpoint. */
export interface ConversationParts {
  readonly endpoint: Pick<Endpoint, 'id' | 'disconnectedLine'>;
  readonly reader: MessageReader;
  readonly log: Log;
}

/** Parses and validates what a session receives, for the client that a dialect made for it. */
export class Conversation implements SessionClient {
  readonly #parts: ConversationParts;
  readonly #session: Session;
  readonly #client: Client;

  constructor(parts: ConversationParts, session: Session, client: Client) {
    this.#parts = parts;
    this.#session = session;
    this.#client = client;
  }

  get view(): string {
    return this.#client.view ?? this.#parts.endpoint.id;
  }

  receive(data: Buffer, isBinary: boolean): void {
    const read = this.#parts.reader.read(data, isBinary);
    if (read.ok) this.#client.receive?.(read.message);
    else if (this.#client.unreadable?.(read) !== true) this.#ignore(read);
  }

  #ignore({ reason }: Unreadable): void {
    this.#session.refused(reason);
    this.#parts.log.debug({ connection_id: this.#session.id, reason }, 'message ignored');
  }

  dropped(count: number): void {
    this.#client.dropped?.(count);
  }

  ended(end: SessionEnd): void {
    this.#client.ended?.(end);
    const { log, endpoint } = this.#parts;
    const { code, cause, fault } = end;
    const { id, owner } = this.#session;
    log.info(
      { connection_id: id, endpoint: endpoint.id, code, cause, fault, ...ownerFields(owner) },
      endpoint.disconnectedLine(this.#session),
    );
  }
}

/** What a text from a client says, as an object with its type; undefined: it is none. */
type Shape = (value: JsonValue) => JsonObject | undefined;

const objectOf: Shape = (value) => (isJsonObject(value) ? value : undefined);

/** Of a Socket.IO event: its name, and its first argument as `payload`, absent where that is missing or null. */
export const eventOf: Shape = (value) => {
  const [type, payload = null] = Array.isArray(value) ? value : [];
  if (typeof type !== 'string') return undefined;
  return payload === null ? { type } : { type, payload };
};

type Read = { readonly ok: true; readonly message: unknown } | ({ readonly ok: false } & Unreadable);

const unknown: Read = { ok: false, reason: 'unknown' };

/** Reads messages from clients: JSON of a type that the endpoint hears. */
export class MessageReader {
  readonly #schemas: ReadonlyMap<string, z.ZodType>;
  readonly #shape: Shape;

  /** @param shape Default: a JSON object is the message */
  constructor(kinds: MessageKinds, shape: Shape = objectOf) {
    this.#shape = shape;
    this.#schemas = new Map(Object.entries(kinds).map(([type, { schema }]) => [type, schema]));
  }

  read(data: Buffer, isBinary: boolean): Read {
    if (isBinary) return { ok: false, reason: 'binary' };
    const parsed = parseUntrusted(data.toString('utf8'), { nonFinite: 'null' });
    if (!parsed.ok) return { ok: false, reason: parsed.reason };
    const message = this.#shape(parsed.value);
    return message === undefined ? unknown : this.check(message);
  }

  check(message: JsonObject): Read {
    const schema = typeof message.type === 'string' ? this.#schemas.get(message.type) : undefined;
    if (schema === undefined) return unknown;
    const { success, data, error } = schema.safeParse(message);
    if (success) return { ok: true, message: data };
    return { ok: false, reason: 'shape', misshapen: { message, error } };
  }
}
