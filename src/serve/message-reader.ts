import type { z } from 'zod';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { parseUntrusted } from '../core/untrusted-json.ts';
import type { MessageKinds, Unreadable } from './endpoint.ts';

export type Read = { readonly ok: true; readonly message: unknown } | ({ readonly ok: false } & Unreadable);

const unknown: Read = { ok: false, reason: 'unknown' };

/** Reads what comes from clients: text frames that hold a JSON object of a kind that the endpoint hears. */
export class MessageReader {
  readonly #schemas: ReadonlyMap<string, z.ZodType>;

  constructor(kinds: MessageKinds) {
    this.#schemas = new Map(Object.entries(kinds).map(([type, { schema }]) => [type, schema]));
  }

  read(data: Buffer, isBinary: boolean): Read {
    if (isBinary) return { ok: false, reason: 'binary' };
    const parsed = parseUntrusted(data.toString('utf8'), { nonFinite: 'null' });
    if (!parsed.ok) return { ok: false, reason: parsed.reason };
    return isJsonObject(parsed.value) ? this.check(parsed.value) : unknown;
  }

  check(message: JsonObject): Read {
    const schema = typeof message.type === 'string' ? this.#schemas.get(message.type) : undefined;
    if (schema === undefined) return unknown;
    const { success, data, error } = schema.safeParse(message);
    if (success) return { ok: true, message: data };
    return { ok: false, reason: 'shape', misshapen: { message, error } };
  }
}
