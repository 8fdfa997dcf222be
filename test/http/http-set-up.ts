import type { AdmittedConnection } from '../../src/access/access.ts';
import type { Refusal } from '../../src/core/errors.ts';
import { Paths } from '../../src/http/paths.ts';
import { admitHosts, admitOrigins, createRouter, type Router } from '../../src/http/router.ts';
import { HttpServer } from '../../src/http/server.ts';
import { UpgradeRouter } from '../../src/http/upgrade.ts';
import { setUpAccess } from '../support/access.ts';
import { createMemoryMeter } from '../support/memory-meter.ts';
import { anyone } from '../support/principals.ts';
import type { TestScope } from '../support/wait.ts';

/** Places for as many sockets as may come. */
export const anyNumber = { max: undefined, maxPerPeer: 0, peerOf: () => undefined };

export function routerFor(allowed: '*' | readonly string[] = '*', aliases: readonly string[] = []) {
  const { access, log } = setUpAccess({ allowed, maxConnections: 1 });
  const isWebSocketPath = (path: string) => path === '/ws/stream';
  const router: Router = createRouter(access, log, new Paths(aliases), isWebSocketPath);
  admitHosts(router, access);
  admitOrigins(router, access);
  router.get('/livez', (context) => context.json({ status: 'alive' }));
  return { router, log };
}

/** A server of the gateway's own kind on a free port, with `/ws/stream` for whoever `admit` lets in. */
export async function startServer(
  test: TestScope,
  admit: (connection: AdmittedConnection) => Refusal | undefined = () => undefined,
  extraPorts: readonly number[] = [],
) {
  const { router, log } = routerFor();
  const meter = createMemoryMeter();
  const upgrades = new UpgradeRouter({
    access: { enter: async (_request, _policy, connection) => admit(connection) ?? anyone },
    log,
    meter,
  });
  const accepted: string[] = [];
  upgrades.route('/ws/stream', {
    policy: { roles: [], authOff: true },
    connect({ request, socket }) {
      accepted.push(request.url ?? '');
      socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n');
      return undefined;
    },
  });
  const server = new HttpServer(router, upgrades, log, {
    port: 0,
    extraPorts,
    host: '127.0.0.1',
    places: anyNumber,
  });
  const port = await server.listen();
  test.onTestFinished(() => server.close());
  return { port, server, router, upgrades, accepted, log, meter, url: `http://127.0.0.1:${port}` };
}
