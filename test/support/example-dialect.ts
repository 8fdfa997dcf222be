import { z } from 'zod';
import type { Policy } from '../../src/access/policy.ts';
import { Refusal } from '../../src/core/errors.ts';
import { isJsonObject } from '../../src/core/json.ts';
import { parseUntrusted } from '../../src/core/untrusted-json.ts';
import { type Close, usualCloses } from '../../src/deliver/closes.ts';
import { jsonEncoding } from '../../src/encode/encoding.ts';
import { Message } from '../../src/encode/message.ts';
import { StateRendition } from '../../src/encode/state-rendition.ts';
import { formatPosition } from '../../src/feed/position.ts';
import { Projection } from '../../src/feed/projection.ts';
import { defineDialect } from '../../src/protocol/dialect.ts';
import { defineEndpoint } from '../../src/serve/endpoint.ts';

const name = 'example';
const access: Policy = { roles: ['viewer', 'operator'], defaultRole: 'viewer', authOff: true };
const kind = <Type extends string>(type: Type, summary: string) => ({
  summary,
  schema: z.looseObject({ type: z.literal(type) }),
});
const hears = { ping: kind('ping', 'Keepalive'), leave: kind('leave', 'Asks to be sent away') };
const tells = {
  welcome: kind('welcome', 'The first message: the state'),
  state: kind('state', 'The state after a change'),
  pong: kind('pong', 'Answer to a ping'),
  error: kind('error', 'Why the connection ends'),
};
/** An end that says why, and after which no client is to come back by itself. */
const final = ({ code, reason }: Close): Close => {
  const packet = { type: 'error', reason };
  return { code, reason, isFinal: true, lastMessage: () => new Message(packet) };
};

/** One state, as events tell it whole: over WebSocket, Socket.IO, Server-Sent Events and REST. */
export const example = defineDialect({
  ...{ name, settings: {} },
  create({ events, feeds, views, serve, clock, meter }) {
    const feed = feeds.state(name, { initial: {} });
    events.subscribe(name, (message) => {
      const parsed = parseUntrusted(message.toString(), { nonFinite: 'null' });
      if (!parsed.ok || !isJsonObject(parsed.value)) return;
      feed.stage(parsed.value, clock.monotonic());
      feed.commit();
    });
    const projection = new Projection(feed);
    const showing = (type: string, data: object) => ({ type, data });
    const words = { full: (data: object) => showing('state', data) };
    const paced = views.ofKind({
      key: (intervalMs: number) => `${intervalMs}`,
      pace: (intervalMs) => ({ intervalMs }),
      make: () =>
        new StateRendition({
          ...{ dialect: name, projection, mode: 'full', encoding: jsonEncoding, words, clock, meter },
        }),
    });
    const welcome = () =>
      new Message(showing('welcome', feed.current.document), jsonEncoding, {
        position: formatPosition(feed.position),
      });

    const endpoint = defineEndpoint({
      ...{ id: name, description: 'One state', access, hears, tells },
      query: z.object({ interval: z.coerce.number().min(0).max(60_000).default(0).describe('ms') }),
      closes: {
        ...usualCloses,
        shutdown: { code: 4001, reason: 'closing time' },
        tokenExpired: final(usualCloses.tokenExpired),
        rateLimited: final(usualCloses.rateLimited),
      },
      maxMessageBytes: 4096,
      limits: { messages: { perSecond: 10, burst: 20, floodMs: 2000 } },
      connectedLine: () => 'Example client connected',
      disconnectedLine: ({ sent }) => `Example client disconnected (sent: ${sent})`,
      open({ query, principal, hold }) {
        const lease = paced.acquire(query.interval, principal.holder);
        if (lease === undefined) return new Refusal('LIMIT');
        hold(lease);
        return (session) => {
          session.follow(lease, welcome);
          return {
            receive({ type }) {
              if (type === 'ping') session.answer(new Message({ type: 'pong' }));
              else session.close({ code: 4002, reason: 'asked', isFinal: true });
            },
          };
        };
      },
    });
    serve.webSocket('/ws/example', endpoint);
    serve.socketIo('/example-io/', endpoint);
    serve.eventStream('/api/stream/example', endpoint);
    serve.snapshot('/api/example', access, feed);
    return { close: () => feed.close() };
  },
});
