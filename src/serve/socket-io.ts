import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Access } from '../access/access.ts';
import type { Policy } from '../access/policy.ts';
import type { Principal } from '../access/principal.ts';
import type { Clock } from '../core/clock.ts';
import { Refusal } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Meter } from '../core/meter.ts';
import { problemResponse } from '../http/responses.ts';
import type { HttpContext, Router } from '../http/router.ts';
import type { UpgradeRouter } from '../http/upgrade.ts';
import { type Joined, type Joining, SocketIoServer } from '../transport/socket-io-server.ts';
import { largestMessageBytes, type Service } from './service.ts';

interface SocketIoParts {
  readonly router: Router;
  readonly upgrades: UpgradeRouter;
  readonly access: Access;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
  readonly dialect: string;
}

/** Who a connection began with. */
interface Visitor {
  readonly principal: Principal;
  readonly search: URLSearchParams;
  readonly path: string;
}

/** Of long-polling. */
const methods = ['GET', 'POST'];
/** Options of the protocol itself. */
const protocolOptions = ['EIO', 'transport', 'sid', 't', 'b64'];

/** A connection by polling, from its handshake until it ends or is carried by a WebSocket, which has a place of its own. */
class Stay extends EventEmitter {
  destroyed = false;

  readonly end = (): void => {
    if (this.destroyed) return;
    this.destroyed = true;
    this.emit('close');
  };
}

/**
 * Serves an endpoint over Socket.IO, by long-polling and WebSocket. A token may come with the handshake, or within 10 s
 * as `auth.token` of the CONNECT, which is where the session begins.
 *
 * @param path without a slash at its end
 * @returns how to end all connections
 */
export function serveSocketIo(path: string, service: Service, parts: SocketIoParts): () => Promise<void> {
  const { router, upgrades, access, clock, log, meter, dialect } = parts;
  const { endpoint } = service;
  const visitors = new WeakMap<IncomingMessage, Visitor>();
  /** Of a handshake: who brings no token may still do so. */
  const policy: Policy = { ...endpoint.access, tokenless: true };
  const refused = (reason: string): void => meter.count('bff_rejected_total', { edge: dialect, reason });

  const join = async ({ request, id, token }: Joining): Promise<Joined | Refusal> => {
    const visitor = visitors.get(request);
    if (visitor === undefined) return new Refusal('INTERNAL');
    const principal = await access.authoriseLate(visitor.principal, token, endpoint.access, request);
    if (principal instanceof Refusal) return principal;
    const search = new URLSearchParams(visitor.search);
    for (const name of protocolOptions) search.delete(name);
    const opening = service.prepare({
      ...{ id, principal, search, params: {}, path: visitor.path, transport: 'socket.io' },
    });
    if (opening instanceof Refusal) return opening;
    return {
      abandon: opening.abandon,
      begin(transport) {
        try {
          opening.begin(transport);
        } catch (error) {
          log.error({ err: error }, 'session failed to begin');
          transport.terminate();
        }
      },
    };
  };
  const server = new SocketIoServer({
    clock,
    maxMessageBytes: endpoint.maxMessageBytes ?? largestMessageBytes,
    join: (joining) =>
      join(joining).catch((error: unknown) => {
        log.error({ err: error }, 'connect failed');
        return new Refusal('INTERNAL');
      }),
    onRefused: () => refused('protocol'),
  });

  /** Lets a handshake in. @returns what to call at the end of its connection */
  const enter = async ({ req, env }: HttpContext, search: URLSearchParams): Promise<Stay | Refusal> => {
    if (upgrades.isStopped) return new Refusal('SHUTTING_DOWN', { retryAfterS: 1 });
    const principal = await access.authorise(req.raw, policy);
    if (principal instanceof Refusal) return principal;
    const stay = new Stay();
    const full = access.admit(env.incoming, principal, stay);
    if (full !== undefined) return full;
    visitors.set(env.incoming, { principal, search, path: req.path });
    return stay;
  };

  router.all(path, async (context) => {
    const { incoming, outgoing } = context.env;
    if (!methods.includes(context.req.method)) {
      const response = problemResponse(new Refusal('METHOD_NOT_ALLOWED', { detail: 'send a GET or a POST' }));
      response.headers.set('allow', methods.join(', '));
      return response;
    }
    const search = new URL(context.req.url).searchParams;
    const sid = search.get('sid') ?? '';
    const entered = sid === '' ? await enter(context, search) : undefined;
    if (entered instanceof Refusal) return problemResponse(entered);
    // What a client says that reads no answers is left unread.
    if (incoming.method === 'POST') await server.paused(sid);
    // The client may have left meanwhile: `close` would not be emitted again.
    if (outgoing.destroyed) {
      entered?.end();
      return RESPONSE_ALREADY_SENT;
    }
    // engine.io answers past hono: headers that middleware has set, CORS above all, are copied.
    for (const [name, value] of context.res.headers) outgoing.setHeader(name, value);
    outgoing.once('finish', () => {
      if (outgoing.statusCode === 413) refused('oversize');
    });
    server.handleRequest(incoming, outgoing, search, entered?.end ?? (() => {}));
    return RESPONSE_ALREADY_SENT;
  });
  upgrades.route(path, {
    policy,
    connect({ request, socket, head, principal, path: at, query: search }) {
      visitors.set(request, { principal, search, path: at });
      server.handleUpgrade(request, socket, head, search);
      return undefined;
    },
  });
  return () => server.close();
}
