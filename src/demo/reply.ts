import type { IncomingMessage, ServerResponse } from 'node:http';

/** One HTTP answer as a value, so that a fault can delay, replace or withhold it. */
export interface Reply {
  status: number;
  headers: Record<string, string>;
  body: string | Buffer;
}

/** Request bodies may have this many bytes; a longer one is answered 413. */
const maxBodyBytes = 16 * 1024;

/** A longer body is still read to its end up to here, so that the sender sees the 413 and no reset. */
const maxDiscardedBytes = 1024 * 1024;

export function json(status: number, value: unknown, headers: Record<string, string> = {}): Reply {
  return text(status, JSON.stringify(value), { 'content-type': 'application/json', ...headers });
}

export function text(status: number, body: string | Buffer, headers: Record<string, string>): Reply {
  return { status, headers: { 'cache-control': 'no-store', ...headers }, body };
}

export function send(response: ServerResponse, reply: Reply): void {
  if (response.destroyed) return;
  response.writeHead(reply.status, { ...reply.headers, 'content-length': Buffer.byteLength(reply.body) });
  response.end(reply.body);
}

/** The request's body as JSON, or the reply that refuses it. An empty body is `undefined`. */
export type JsonBody = { ok: true; value: unknown } | { ok: false; refusal: Reply };

/** Rejects where the connection ends before the body does. */
export async function readJson(request: IncomingMessage): Promise<JsonBody> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= maxBodyBytes) chunks.push(chunk);
    if (bytes > maxDiscardedBytes) throw new Error('request body without end');
  }
  if (bytes > maxBodyBytes) {
    const message = `the body may have ${maxBodyBytes} bytes at most`;
    return { ok: false, refusal: json(413, { error: 'body too large', message }) };
  }
  if (bytes === 0) return { ok: true, value: undefined };
  try {
    return { ok: true, value: JSON.parse(Buffer.concat(chunks).toString('utf8')) };
  } catch {
    return { ok: false, refusal: badField('body', 'the body must be JSON') };
  }
}

/** 400 naming the field and what is allowed there. */
export function badField(field: string, message: string): Reply {
  return json(400, { error: 'bad request', field, message });
}
