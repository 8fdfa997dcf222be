import { Client } from 'undici';
import { WebSocket } from 'ws';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';
import { parseUntrusted } from '../core/untrusted-json.ts';
import { faultWords } from '../source/fault-words.ts';
import { createOneConnection } from '../source/one-connection.ts';
import type { HaltArguments } from './halt-arguments.ts';

/** How one way of giving a command ended. */
export type WayEnd =
  | { readonly is: 'done'; readonly result: JsonValue }
  /** `refused`: the gateway said no, for good. `none`: somebody else did, so that another way may be tried. */
  | { readonly is: 'refused' | 'none' | 'unsent' | 'unknown'; readonly words: string };

export interface Order extends HaltArguments {
  readonly requestId: string;
  readonly timeoutMs: number;
}

/** Over HTTP. Never rejects. */
export async function byHttp({ command, base, reason, token, requestId, timeoutMs }: Order): Promise<WayEnd> {
  const target = new URL(`api/telemetry/${command.toLowerCase()}`, base);
  const connection = createOneConnection(timeoutMs);
  const client = new Client(target.origin, {
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: connection.connect,
  });
  try {
    const { statusCode, body } = await client.request({
      method: 'POST',
      // From the first byte to the last of the answer.
      signal: AbortSignal.timeout(timeoutMs),
      path: target.pathname,
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ requestId, ...(reason === undefined ? {} : { reason }) }),
    });
    return readResponse(statusCode, await body.text(), requestId);
  } catch (error) {
    return { is: connection.sent() ? 'unknown' : 'unsent', words: faultWords(error, 'the gateway') };
  } finally {
    await client.destroy().catch(() => undefined);
  }
}

/** What an answer over HTTP means: the gateway's own say what came of the command, those of others do not. */
function readResponse(status: number, text: string, requestId: string): WayEnd {
  const parsed = parseUntrusted(text, { nonFinite: 'null' });
  const body: JsonObject = parsed.ok && isJsonObject(parsed.value) ? parsed.value : {};
  if (status === 200 && body.type === 'ACK' && body.requestId === requestId)
    return { is: 'done', result: body.result ?? null };
  if (typeof body.code === 'string' && (body.effect === 'none' || body.effect === 'unknown')) {
    const words = `${body.code}: ${body.detail ?? body.title ?? ''}`;
    return { is: body.effect === 'none' ? 'refused' : 'unknown', words };
  }
  const words = `HTTP ${status}, which is no answer of a gateway`;
  return { is: status >= 300 && status < 500 ? 'none' : 'unknown', words };
}

/** Over a WebSocket. Never rejects. */
export function byWebSocket({ command, base, reason, token, requestId, timeoutMs }: Order): Promise<WayEnd> {
  const target = new URL('ws/stream?interval=pause', base);
  target.protocol = target.protocol.replace('http', 'ws');
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return new Promise((resolve) => {
    const socket = new WebSocket(target, { headers, handshakeTimeout: timeoutMs });
    let sent = false;
    const end = (wayEnd: WayEnd): void => {
      clearTimeout(timer);
      socket.terminate();
      resolve(wayEnd);
    };
    const fail = (words: string): void => end({ is: sent ? 'unknown' : 'unsent', words });
    const timer = setTimeout(() => fail(`no answer in ${timeoutMs / 1000} s`), timeoutMs);
    socket.on('open', () => {
      sent = true;
      socket.send(JSON.stringify({ type: command, requestId, ...(reason === undefined ? {} : { reason }) }));
    });
    socket.on('message', (data) => {
      const parsed = parseUntrusted(data.toString(), { nonFinite: 'null' });
      const packet = parsed.ok && isJsonObject(parsed.value) ? parsed.value : {};
      if (packet.requestId !== requestId) return;
      if (packet.type === 'ACK') end({ is: 'done', result: packet.result ?? null });
      else if (packet.effect === 'none') end({ is: 'refused', words: `${packet.code}: ${packet.message}` });
      else end({ is: 'unknown', words: `${packet.code}: ${packet.message}` });
    });
    socket.on('error', (error) => fail(faultWords(error, 'the gateway')));
    socket.on('close', (code) => fail(`closed with ${code}`));
  });
}
