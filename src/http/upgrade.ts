import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { problemDocument } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Meter } from '../core/meter.ts';
import type { Refusal } from './guard.ts';

/** Takes over a connection that was let in. The socket's place is given back when it closes. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

export type Entry = { readonly ok: true; readonly release: () => void } | Refusal;

export interface UpgradeRouterOptions {
  /** Who may connect at all, whatever the dialect; counts the connection until `release`. */
  readonly admit: (request: IncomingMessage) => Entry;
  readonly log: Log;
  readonly meter: Meter;
}

/** Sends WebSocket handshakes to the dialect that serves their path. */
export interface UpgradeRouter {
  route(path: string, handler: UpgradeHandler): void;
  serves(path: string): boolean;
  readonly handle: UpgradeHandler;
  /** From now on every handshake is refused with 503. */
  stop(): void;
}

export function createUpgradeRouter({ admit, log, meter }: UpgradeRouterOptions): UpgradeRouter {
  const handlers = new Map<string, UpgradeHandler>();
  let stopped = false;

  /** The dialect that takes the request, or why nobody does. */
  const find = (request: IncomingMessage): { handler: UpgradeHandler; release: () => void } | Refusal => {
    const path = pathOf(request);
    const handler = path === undefined ? undefined : handlers.get(path);
    if (handler === undefined) return { ok: false, code: 'NOT_FOUND' };
    if (stopped) return { ok: false, code: 'SHUTTING_DOWN', retryAfterS: 1 };
    const entry = admit(request);
    return entry.ok ? { handler, release: entry.release } : entry;
  };

  const handle: UpgradeHandler = (request, socket, head) => {
    // Until a dialect listens, a connection reset would be an unhandled error.
    socket.on('error', (error) => log.debug({ error: error.message }, 'handshake failed'));
    const found = find(request);
    if ('ok' in found) {
      meter.count('bff_rejected_total', { edge: 'upgrade', reason: found.code.toLowerCase() });
      endWithProblem(socket, found);
      return;
    }
    socket.once('close', found.release);
    found.handler(request, socket, head);
  };

  return {
    route: (path, handler) => void handlers.set(path, handler),
    serves: (path) => handlers.has(path),
    handle,
    stop() {
      stopped = true;
    },
  };
}

function pathOf(request: IncomingMessage): string | undefined {
  try {
    const target = request.url ?? '/';
    // Put together, not resolved against a base: there the path `//host` would name a host.
    return new URL(target.startsWith('/') ? `http://gateway${target}` : target).pathname;
  } catch {
    return undefined;
  }
}

/** Answers a handshake that is not let in, and ends the connection. */
export function endWithProblem(socket: Duplex, { code, detail, retryAfterS, challenge }: Refusal): void {
  const document = problemDocument(code, detail);
  const body = JSON.stringify(document);
  const lines = [
    `HTTP/1.1 ${document.status} ${STATUS_CODES[document.status] ?? ''}`,
    'Connection: close',
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(retryAfterS === undefined ? [] : [`Retry-After: ${retryAfterS}`]),
    ...(challenge === undefined ? [] : [`WWW-Authenticate: ${challenge}`]),
  ];
  // A peer that does not read its refusal must not keep the socket.
  socket.once('finish', () => socket.destroy());
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}
