import type { Admission, Entry } from '../../src/access/admission.ts';
import type { AuthRefusal, Gate, Grant } from '../../src/access/gate.ts';
import { admitOrigins, createRouter, type Router } from '../../src/http/router.ts';
import { createHttpServer } from '../../src/http/server.ts';
import { createUpgradeRouter } from '../../src/http/upgrade.ts';
import { anyNumber } from '../support/any-number.ts';
import { createMemoryMeter } from '../support/memory-meter.ts';
import { originsFor } from '../support/origins.ts';
import { anyone } from '../support/permissions.ts';
import { setUpRefusals } from '../support/refusals.ts';
import type { TestScope } from '../support/wait.ts';

export function routerFor(allowed: '*' | readonly string[] = '*') {
  const origins = originsFor(allowed);
  const { log, visitors, refusals } = setUpRefusals();
  const router: Router = createRouter({
    origins,
    visitors,
    refusals,
    log,
    isWebSocketPath: (path) => path === '/ws/stream',
  });
  admitOrigins(router, { origins, refusals });
  router.get('/livez', (context) => context.json({ status: 'alive' }));
  return { router, log };
}

/** One that asks nothing but `admit` and the entrance. */
export function admissionBy(admit: () => Entry): Pick<Admission, 'enter'> {
  return {
    async enter(request, entrance) {
      const place = admit();
      if (!place.ok) return place;
      const entry = await entrance(request);
      return entry.ok ? { ...place, permission: entry.permission } : entry;
    },
  };
}

/** A server of the gateway's own kind on a free port, with `/ws/stream` for whoever `admit` lets in. */
export async function startServer(
  test: TestScope,
  admit: () => Entry = () => ({ ok: true, release: () => {} }),
  extraPorts: readonly number[] = [],
) {
  const { router, log } = routerFor();
  const meter = createMemoryMeter();
  const upgrades = createUpgradeRouter({ admission: admissionBy(admit), log, meter });
  const accepted: string[] = [];
  upgrades.route('/ws/stream', {
    entrance: async () => ({ ok: true, permission: anyone }),
    connect({ request, socket }) {
      accepted.push(request.url ?? '');
      socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n');
      return undefined;
    },
  });
  const server = createHttpServer(router, upgrades.handle, log, {
    port: 0,
    extraPorts,
    host: '127.0.0.1',
    places: anyNumber,
  });
  const port = await server.listen();
  test.onTestFinished(() => server.close());
  return { port, server, router, upgrades, accepted, log, meter, url: `http://127.0.0.1:${port}` };
}

/** A gate that says this of everybody. */
export function gateTo(verdict: Grant | AuthRefusal, onAsked: (dialect: string) => void = () => {}): Gate {
  return {
    enabled: true,
    check: async () => ({ ok: false, code: 'UNAUTHENTICATED', detail: 'not asked here' }),
    async authenticate(dialect) {
      onAsked(dialect);
      return verdict;
    },
  };
}
