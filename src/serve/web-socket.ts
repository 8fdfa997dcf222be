import type { Clock } from '../core/clock.ts';
import { Refusal } from '../core/errors.ts';
import type { UpgradeRouter } from '../http/upgrade.ts';
import { createWebSocketAcceptor } from '../transport/websocket-server.ts';
import type { Service } from './service.ts';

export interface WebSocketParts {
  readonly upgrades: UpgradeRouter;
  readonly clock: Clock;
}

/** Of a message from a client, where an endpoint states no other bound. */
export const largestMessageBytes = 64 * 1024;

/** Has the conversations of a service by WebSocket. @param path segments that begin with a colon match any one */
export function serveWebSocket(path: string, service: Service, { upgrades, clock }: WebSocketParts): void {
  const { access, compression = false, maxMessageBytes = largestMessageBytes } = service.endpoint;
  const accept = createWebSocketAcceptor({ maxMessageBytes, clock, compression });
  upgrades.route(path, {
    policy: access,
    connect({ request, socket, head, principal, path: at, query: search, params: sent }) {
      const params = Object.fromEntries(Object.entries(sent).map(([name, part]) => [name, decoded(part)]));
      const opening = service.prepare({ principal, path: at, search, params, transport: 'websocket' });
      if (opening instanceof Refusal) return opening;
      // A handshake can still fail, or the client go away.
      socket.once('close', opening.abandon);
      accept(request, socket, head, (transport) => {
        socket.off('close', opening.abandon);
        opening.begin(transport);
      });
      return undefined;
    },
  });
}

/** What a part of a path stands for; itself, where it is no such encoding. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
