import { type Clock, isoTime } from '../../core/clock.ts';
import type { CloseCause } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { Meter } from '../../core/meter.ts';
import { parseUntrusted } from '../../core/untrusted-json.ts';
import { Channel } from '../../deliver/channel.ts';
import type { Hub } from '../../deliver/hub.ts';
import { MessageLimiter, messageDefaults } from '../../deliver/message-limiter.ts';
import { Session, type SessionLimits } from '../../deliver/session.ts';
import type { Sessions } from '../../deliver/sessions.ts';
import type { Transport } from '../../deliver/transport.ts';
import { textFrame } from '../../encode/frame.ts';
import { formatPosition } from '../../feed/position.ts';
import { taggedJson } from '../../http/etag.ts';
import type { Router } from '../../http/router.ts';
import type { UpgradeRouter } from '../../http/upgrade.ts';
import { createWebSocketAcceptor } from '../../transport/websocket.ts';
import { type ClientMessage, type Granted, type PongPacket, readClientMessage } from '../../wire/packet.ts';
import type { TelemetryDocument } from './document.ts';
import { createTelemetryView, dialect } from './view.ts';

/** Close codes of this dialect; a silent client gets none, since nobody would read it. */
const closeCodes: Readonly<Record<CloseCause, number | undefined>> = {
  shutdown: 1001,
  slow: 1013,
  silent: undefined,
  rateLimited: 1008,
};

const paths = ['/', '/ws/stream'] as const;
const maxMessageBytes = 16 * 1024;
/** A client that was sent nothing for so long gets its packet again: silence means a dead gateway. */
const repeatAfterMs = 5000;

export interface TelemetryDependencies {
  readonly document: TelemetryDocument;
  readonly hub: Hub;
  readonly sessions: Sessions;
  readonly sessionLimits: SessionLimits;
  readonly upgrades: UpgradeRouter;
  readonly router: Router;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
  readonly newConnectionId: () => string;
}

/** Serves the telemetry dialect: `/` and `/ws/stream`, and its HTTP twin. */
export function serveTelemetry(dependencies: TelemetryDependencies): void {
  const { document, hub, upgrades, router, clock, meter } = dependencies;
  const { feed } = document;
  const view = createTelemetryView(feed, { clock, meter });
  const channel = new Channel(view.rendition, { repeatAfterMs });
  hub.open(channel);

  const accept = createWebSocketAcceptor({ maxMessageBytes, closeCodes, clock });
  const granted: Granted = { mode: 'full', encoding: 'json', interval: 0, role: 'viewer', commands: false };
  for (const path of paths) {
    upgrades.route(path, (request, socket, head) =>
      accept(request, socket, head, (transport) => {
        const session = openSession(transport, dependencies);
        session.follow(channel, view.welcome(granted), 'WELCOME');
      }),
    );
  }

  router.get('/api/telemetry', ({ req }) =>
    taggedJson(req.raw, formatPosition(feed.position), view.documentText),
  );
}

function openSession(transport: Transport, dependencies: TelemetryDependencies): Session {
  const { sessions, sessionLimits, clock, log, meter, newConnectionId } = dependencies;
  const id = newConnectionId();
  const session: Session = new Session({
    id,
    dialect,
    transport,
    clock,
    meter,
    limits: sessionLimits,
    limiter: new MessageLimiter(messageDefaults),
    onMessage: (data, isBinary) => receive(session, data, isBinary, dependencies),
    onEnd({ code, fault }) {
      sessions.delete(session);
      log.info({ connection_id: id, code, fault }, 'Telemetry client disconnected');
    },
  });
  sessions.add(session);
  log.info({ connection_id: id }, 'Telemetry client connected');
  return session;
}

function receive(
  session: Session,
  data: Buffer,
  isBinary: boolean,
  dependencies: TelemetryDependencies,
): void {
  const { clock, log, meter } = dependencies;
  const read = isBinary ? 'binary' : readText(data.toString('utf8'));
  if (typeof read === 'string') {
    meter.count('bff_rejected_total', { edge: dialect, reason: read });
    log.debug({ connection_id: session.id, reason: read, bytes: data.length }, 'message ignored');
    return;
  }
  if (read.t === undefined) return;
  const pong: PongPacket = { type: 'PONG', t: read.t, server_time: isoTime(clock.now()) };
  session.answer(textFrame(JSON.stringify(pong)), 'PONG');
}

/** The message in a text frame, or why it is ignored. */
function readText(text: string): ClientMessage | string {
  const parsed = parseUntrusted(text, { nonFinite: 'null' });
  if (!parsed.ok) return parsed.reason;
  return readClientMessage(parsed.value) ?? 'unknown';
}
