import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { TrieRouter } from 'hono/router/trie-router';
import type { Access } from '../access/access.ts';
import type { Policy } from '../access/policy.ts';
import type { Principal } from '../access/principal.ts';
import { destroyWithin } from '../core/clock.ts';
import { problemDocument, Refusal } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Meter } from '../core/meter.ts';

/** What `http.Server` hands over at an upgrade. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** A handshake whose client was let in. */
export interface Handshake {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly principal: Principal;
  /** Of its URL, as it was sent. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** What stands in the path for each `:name` of the route, as it was sent: still percent-encoded. */
  readonly params: Readonly<Record<string, string>>;
}

/** What is at a path. */
export interface UpgradeRoute {
  /** Who is let in. */
  readonly policy: Policy;
  /** Takes over the connection; or says why it does not. */
  connect(handshake: Handshake): Refusal | undefined;
}

export interface UpgradeRouterOptions {
  readonly access: Pick<Access, 'enter'>;
  readonly log: Log;
  readonly meter: Meter;
  /** A client has this long to take what refuses it. Default 5 s. */
  readonly refusalTimeoutMs?: number;
}

/** Sends WebSocket handshakes to the dialect that serves their path. */
export interface UpgradeRouter {
  /** @param path segments that begin with a colon match any one segment: `/ws/instances/:name/logs` */
  route(path: string, endpoint: UpgradeRoute): void;
  serves(path: string): boolean;
  readonly handle: UpgradeHandler;
  /** From now on every handshake is refused with 503. */
  stop(): void;
}

export function createUpgradeRouter({
  access,
  log,
  meter,
  refusalTimeoutMs = 5000,
}: UpgradeRouterOptions): UpgradeRouter {
  const routes = new TrieRouter<UpgradeRoute>();
  let stopped = false;

  const matchOf = (path: string): Match | undefined => {
    const [[found] = []] = routes.match('GET', path);
    if (found === undefined) return undefined;
    const [endpoint, named] = found;
    const params = Object.fromEntries(Object.entries(named).map(([name, value]) => [name, String(value)]));
    return { endpoint, path, params };
  };

  /** The endpoint that takes the request, or why none does. */
  const find = (path: string | undefined): Match | Refusal => {
    const match = path === undefined ? undefined : matchOf(path);
    if (match === undefined) return new Refusal('NOT_FOUND');
    if (stopped) return new Refusal('SHUTTING_DOWN', { retryAfterS: 1 });
    return match;
  };

  const letIn = async (
    { endpoint, ...match }: Match,
    query: URLSearchParams,
    [request, socket, head]: Parameters<UpgradeHandler>,
  ): Promise<void> => {
    const principal = await access.enter(request, endpoint.policy, socket);
    // The client may have left while its token was verified: nothing would tell us again.
    if (socket.destroyed) return;
    const refusal =
      principal instanceof Refusal
        ? principal
        : endpoint.connect({ request, socket, head, principal, query, ...match });
    if (refusal !== undefined) endWithProblem(socket, refusal, refusalTimeoutMs);
  };

  /** One for all sockets, which keep it for life. */
  const onError = ({ message }: Error): void => log.debug({ error: message }, 'handshake failed');

  const handle: UpgradeHandler = (request, socket, head) => {
    // Until a dialect listens, a connection reset would be an unhandled error.
    socket.on('error', onError);
    const url = urlOf(request);
    const found = find(url?.pathname);
    if (found instanceof Refusal) {
      meter.count('bff_rejected_total', { edge: 'upgrade', reason: found.code.toLowerCase() });
      endWithProblem(socket, found, refusalTimeoutMs);
      return;
    }
    letIn(found, url?.searchParams ?? new URLSearchParams(), [request, socket, head]).catch(
      (error: unknown) => {
        log.error({ err: error }, 'handshake failed');
        socket.destroy();
      },
    );
  };

  return {
    route: (path, endpoint) => routes.add('GET', path, endpoint),
    serves: (path) => matchOf(path) !== undefined,
    handle,
    stop() {
      stopped = true;
    },
  };
}

interface Match {
  readonly endpoint: UpgradeRoute;
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
}

function urlOf(request: IncomingMessage): URL | undefined {
  try {
    const target = request.url ?? '/';
    // Put together, not resolved against a base: there the path `//host` would name a host.
    return new URL(target.startsWith('/') ? `http://gateway${target}` : target);
  } catch {
    return undefined;
  }
}

/** Answers a handshake that is not let in, and ends the connection. */
function endWithProblem(
  socket: Duplex,
  { code, detail, retryAfterS, challenge }: Refusal,
  withinMs: number,
): void {
  const document = problemDocument(code, { detail });
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
