import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { TrieRouter } from 'hono/router/trie-router';
import type { Access } from '../access/access.ts';
import type { Policy } from '../access/policy.ts';
import type { Principal } from '../access/principal.ts';
import { destroyWithin } from '../core/clock.ts';
import { type Effect, problemDocument, Refusal } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Meter } from '../core/meter.ts';
import { Paths } from './paths.ts';

/** A handshake that was authorised. */
export interface Handshake {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly principal: Principal;
  /** By which it was routed. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Values of the route's `:name` segments, still percent-encoded. */
  readonly params: Readonly<Record<string, string>>;
}

/** A WebSocket endpoint. */
export interface UpgradeRoute {
  /** Who is let in. */
  readonly policy: Policy;
  /** Takes over the connection, or refuses it. */
  connect(handshake: Handshake): Refusal | undefined;
}

interface Match {
  readonly route: UpgradeRoute;
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
}

/** Routes WebSocket handshakes to the dialect that serves their path. */
export class UpgradeRouter {
  readonly #access: Pick<Access, 'enter'>;
  readonly #log: Log;
  readonly #meter: Meter;
  readonly #paths: Pick<Paths, 'routed'>;
  readonly #refusalTimeoutMs: number;
  readonly #routes = new TrieRouter<UpgradeRoute>();
  readonly #served: string[] = [];
  /** Shared by all sockets, which keep it for life. */
  readonly #onError: (error: Error) => void;
  #stopped = false;

  constructor({
    access,
    log,
    meter,
    paths = new Paths(),
    refusalTimeoutMs = 5000,
  }: {
    readonly access: Pick<Access, 'enter'>;
    readonly log: Log;
    readonly meter: Meter;
    /** Default: without aliases. */
    readonly paths?: Pick<Paths, 'routed'>;
    /** A client has this long to read a refusal. Default 5 s. */
    readonly refusalTimeoutMs?: number;
  }) {
    this.#access = access;
    this.#log = log;
    this.#meter = meter;
    this.#paths = paths;
    this.#refusalTimeoutMs = refusalTimeoutMs;
    this.#onError = ({ message }) => log.debug({ error: message }, 'handshake failed');
  }

  /** @param path segments that begin with a colon match any one segment: `/ws/instances/:name/logs` */
  route(path: string, route: UpgradeRoute): void {
    this.#routes.add('GET', path, route);
    this.#served.push(path);
  }

  /** The paths of all routes. */
  get served(): readonly string[] {
    return this.#served;
  }

  /** @param path as requests are routed by it */
  serves(path: string): boolean {
    return this.#matchOf(path) !== undefined;
  }

  /** From now on every handshake is refused with 503. */
  stop(): void {
    this.#stopped = true;
  }

  get isStopped(): boolean {
    return this.#stopped;
  }

  handle(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Until a dialect listens, a connection reset would be an unhandled error.
    socket.on('error', this.#onError);
    const url = urlOf(request);
    const found = this.#find(url?.pathname);
    if (found instanceof Refusal) {
      this.#meter.count('bff_rejected_total', { edge: 'upgrade', reason: found.code.toLowerCase() });
      endWithProblem(socket, found, this.#refusalTimeoutMs);
      return;
    }
    const query = url?.searchParams ?? new URLSearchParams();
    this.#letIn(found, { request, socket, head, query }).catch((error: unknown) => {
      this.#log.error({ err: error }, 'handshake failed');
      socket.destroy();
    });
  }

  #find(path: string | undefined): Match | Refusal {
    const match = path === undefined ? undefined : this.#matchOf(this.#paths.routed(path));
    if (match === undefined) return new Refusal('NOT_FOUND');
    if (this.#stopped) return new Refusal('SHUTTING_DOWN', { retryAfterS: 1 });
    return match;
  }

  #matchOf(path: string): Match | undefined {
    const [[found] = []] = this.#routes.match('GET', path);
    if (found === undefined) return undefined;
    const [route, named] = found;
    const params = Object.fromEntries(Object.entries(named).map(([name, value]) => [name, String(value)]));
    return { route, path, params };
  }

  async #letIn(
    { route, ...match }: Match,
    upgrade: Pick<Handshake, 'request' | 'socket' | 'head' | 'query'>,
  ): Promise<void> {
    const { request, socket } = upgrade;
    const principal = await this.#access.enter(request, route.policy, socket);
    // The client may have left during verification: `close` would not be emitted again.
    if (socket.destroyed) return;
    const refusal =
      principal instanceof Refusal ? principal : route.connect({ ...upgrade, ...match, principal });
    if (refusal !== undefined) endWithProblem(socket, refusal, this.#refusalTimeoutMs);
  }
}

/** The URL that a request is for; undefined: it is none. */
export function urlOf(request: Pick<IncomingMessage, 'url'>): URL | undefined {
  try {
    const target = request.url ?? '/';
    // Concatenated, not resolved against a base, where the path `//host` would name a host.
    return new URL(target.startsWith('/') ? `http://gateway${target}` : target);
  } catch {
    return undefined;
  }
}

/**
 * Refuses a request outside Node's own exchange of requests and responses, and ends the connection.
 * @param effect whether a request that was to change something may have; undefined: it was not to
 */
export function endWithProblem(
  socket: Duplex,
  { code, detail, retryAfterS, challenge }: Refusal,
  withinMs: number,
  effect?: Effect,
): void {
  const document = problemDocument(code, { detail, effect });
  const body = JSON.stringify(document);
  const lines = [
    `HTTP/1.1 ${document.status} ${STATUS_CODES[document.status] ?? ''}`,
    'Connection: close',
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(retryAfterS === undefined ? [] : [`Retry-After: ${retryAfterS}`]),
    ...(challenge === undefined ? [] : [`WWW-Authenticate: ${challenge}`]),
  ];
  socket.once('finish', () => socket.destroy());
  destroyWithin(socket, withinMs);
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

export function offersWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket';
}

/**
 * Answers a request that offers another protocol as if it offered none (RFC 9110 §7.8). `h2c` comes with every
 * request of Java's HttpClient and of `curl --http2`.
 *
 * Once there is a listener for upgrades, Node takes every such request for one (before 24.9 it cannot be told not to)
 * and hands the connection over where the header ends, body unread. So the header is put back without the offer,
 * before whatever follows it, and the connection is begun anew: it is bounded, kept alive and closed like any other.
 */
export function serveWithoutUpgrade(
  server: Server,
  { method, url, httpVersion, rawHeaders }: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = rawHeaders.slice(index, index + 2);
    if (name.toLowerCase() !== 'upgrade') lines.push(`${name}: ${value}`);
  }
  if (head.length > 0) socket.unshift(head);
  // Node reads headers byte by byte as characters.
  socket.unshift(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'));
  server.emit('connection', socket);
}
