import { Client } from 'undici';
import { WebSocket } from 'ws';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/json.ts';
import { parseUntrusted } from '../core/untrusted-json.ts';
import { faultWords } from '../source/fault-words.ts';
import { OneConnection } from '../source/one-connection.ts';
import type { HaltArguments } from './halt-arguments.ts';

/** Bound of each way. The gateway answers a HALT within 4 s, a RESUME within 14. */
const timeoutMs = { HALT: 8000, RESUME: 16_000 } as const;
/** A HALT not answered by then is sent the other way as well: the gateway executes it once. */
const secondWayAfterMs = 1000;

/** The outcome of one way. */
type WayEnd =
  | { readonly is: 'done'; readonly result: JsonValue }
  /** `refused`: by the gateway, which is final. `none`: by something in front of it, so another way may be tried. */
  | { readonly is: 'refused' | 'none' | 'unsent' | 'unknown'; readonly words: string };

interface Order extends HaltArguments {
  readonly requestId: string;
  readonly timeoutMs: number;
}

/** The outcome of a command, for people and for scripts. */
export interface HaltReport {
  readonly exitCode: 0 | 1 | 3 | 4;
  /** One line. */
  readonly text: string;
}

/**
 * Sends HALT or RESUME to a gateway: over HTTP, and over a WebSocket where nothing was sent or a HALT has no answer. A
 * RESUME that may have been sent is not sent again.
 *
 * | exit code | |
 * |---|---|
 * | 0 | the engine acknowledged it |
 * | 1 | refused, by the gateway or by what stands before it, without an effect |
 * | 3 | no gateway there; nothing was sent |
 * | 4 | it may have been carried out |
 */
export async function giveCommand(given: HaltArguments): Promise<HaltReport> {
  const { command } = given;
  const order: Order = { ...given, requestId: crypto.randomUUID(), timeoutMs: timeoutMs[command] };
  const first = byHttp(order);
  const http = command === 'HALT' ? await Promise.race([first, after(secondWayAfterMs)]) : await first;
  if (http !== undefined && (http.is === 'done' || http.is === 'refused')) return report(given, [http]);
  if (http !== undefined && http.is !== 'unsent' && command === 'RESUME') return report(given, [http]);
  const second = byWebSocket(order);
  return report(given, await firstDone([first, second]));
}

/** Resolves with the first success, else with all outcomes. */
async function firstDone(ways: readonly Promise<WayEnd>[]): Promise<readonly WayEnd[]> {
  const done = ways.map(async (way): Promise<readonly WayEnd[]> => {
    const end = await way;
    return end.is === 'done' ? [end] : await Promise.all(ways);
  });
  return await Promise.race(done);
}

/** @param ends of the ways that were tried, at least one */
function report(
  { command, base }: Pick<HaltArguments, 'command' | 'base'>,
  ends: readonly WayEnd[],
): HaltReport {
  const where = base.origin;
  const done = ends.find((end) => end.is === 'done');
  if (done !== undefined) {
    return {
      exitCode: 0,
      text: `${command} acknowledged by the engine (${where}): ${JSON.stringify(done.result)}`,
    };
  }
  const words = [...new Set(ends.flatMap((end) => ('words' in end ? [end.words] : [])))].join('; ');
  if (ends.some(({ is }) => is === 'unknown')) {
    const urge = `${command} may or may not have been carried out (${where}): look at the engine`;
    return { exitCode: 4, text: `${urge}. ${words}` };
  }
  if (ends.some(({ is }) => is === 'refused' || is === 'none')) {
    return { exitCode: 1, text: `${command} refused (${where}), it had no effect. ${words}` };
  }
  return { exitCode: 3, text: `${command} not sent: no gateway at ${base.href}. ${words}` };
}

function after(ms: number): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(undefined), ms).unref();
  });
}

/** Over HTTP. Never rejects. */
async function byHttp({ command, base, reason, token, requestId, timeoutMs }: Order): Promise<WayEnd> {
  const target = new URL(`api/telemetry/${command.toLowerCase()}`, base);
  const connection = new OneConnection(timeoutMs);
  const client = new Client(target.origin, {
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: connection.connect,
  });
  try {
    const { statusCode, body } = await client.request({
      method: 'POST',
      // For the whole exchange.
      signal: AbortSignal.timeout(timeoutMs),
      path: target.pathname,
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify({ requestId, reason }),
    });
    return readResponse(statusCode, await body.text(), requestId);
  } catch (error) {
    return { is: connection.isSent ? 'unknown' : 'unsent', words: faultWords(error, 'the gateway') };
  } finally {
    await client.destroy().catch(() => undefined);
  }
}

/** The meaning of an HTTP answer: only the gateway's own answers state the effect of the command. */
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
function byWebSocket({ command, base, reason, token, requestId, timeoutMs }: Order): Promise<WayEnd> {
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
      socket.send(JSON.stringify({ type: command, requestId, reason }));
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
