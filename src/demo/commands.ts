import type { IncomingMessage } from 'node:http';
import { createIdempotencyStore } from './idempotency.ts';
import type { Market } from './market.ts';
import { badField, json, type Reply, readJson } from './reply.ts';

const maxReasonLength = 500;
const maxKeyLength = 200;

export interface Commands {
  /** `POST /api/system/halt` → `{status: "HALT", halted_at, reason?}`; again while halted: the same `halted_at`. */
  halt(request: IncomingMessage): Promise<Reply>;
  /** `POST /api/system/resume` → `{status: "ACTIVE", resumed_at, reason?}`. */
  resume(request: IncomingMessage): Promise<Reply>;
}

/** Both take an optional JSON body `{reason?}` and honour the header `Idempotency-Key`. */
export function createCommands(market: Market): Commands {
  const store = createIdempotencyStore();

  async function run(
    request: IncomingMessage,
    name: string,
    command: (reason: string | undefined) => Record<string, unknown>,
  ): Promise<Reply> {
    const body = await readJson(request);
    if (!body.ok) return body.refusal;
    const reason = reasonOf(body.value);
    if (!reason.ok) return reason.refusal;
    const key = request.headers['idempotency-key'];
    if (Array.isArray(key) || (key !== undefined && (key === '' || key.length > maxKeyLength))) {
      return badField('Idempotency-Key', `Idempotency-Key must have 1 to ${maxKeyLength} characters`);
    }
    return store.once(key === undefined ? undefined : `${name} ${key}`, () => {
      const answer = command(reason.value);
      return json(200, reason.value === undefined ? answer : { ...answer, reason: reason.value });
    });
  }

  return {
    halt: (request) =>
      run(request, 'halt', (reason) => {
        market.halt(reason);
        return { status: market.status(), halted_at: market.statusSince() };
      }),
    resume: (request) =>
      run(request, 'resume', (reason) => {
        market.resume(reason);
        return { status: market.status(), resumed_at: market.statusSince() };
      }),
  };
}

function reasonOf(body: unknown): { ok: true; value: string | undefined } | { ok: false; refusal: Reply } {
  if (body === undefined) return { ok: true, value: undefined };
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return { ok: false, refusal: badField('body', 'the body must be a JSON object') };
  }
  const reason: unknown = 'reason' in body ? body.reason : undefined;
  if (reason === undefined || (typeof reason === 'string' && reason.length <= maxReasonLength)) {
    return { ok: true, value: reason };
  }
  return {
    ok: false,
    refusal: badField('reason', `reason must be a string of ${maxReasonLength} characters at most`),
  };
}
