import type { Entry } from '../../../src/access/admission.ts';
import type { Entrance } from '../../../src/access/entrance.ts';
import type { Refusal } from '../../../src/access/refusals.ts';
import { createApiDescription } from '../../../src/http/asyncapi.ts';
import { createHttpServer } from '../../../src/http/server.ts';
import { createUpgradeRouter } from '../../../src/http/upgrade.ts';
import { serveTelemetry } from '../../../src/protocol/telemetry/dialect.ts';
import { admissionBy, routerFor } from '../../http/http-set-up.ts';
import { anyNumber } from '../../support/any-number.ts';
import { anyone } from '../../support/permissions.ts';
import { setUpClients } from './client-set-up.ts';

/** The dialect on a real port. Whoever comes waits at the entrance until the test lets it in. */
export async function serveDialect(test: Parameters<typeof setUpClients>[0]) {
  const subject = setUpClients(test);
  const { log, meter, dependencies, documents } = subject;
  const { router } = routerFor();
  let places = 0;
  const release = (): void => {
    places -= 1;
  };
  const admit = (): Entry => {
    places += 1;
    return { ok: true, release };
  };
  const waiting: ((verdict: Awaited<ReturnType<Entrance>>) => void)[] = [];
  const upgrades = createUpgradeRouter({ admission: admissionBy(admit), log, meter });
  serveTelemetry({
    ...dependencies,
    documents,
    upgrades,
    api: createApiDescription({ title: 't', version: '1', description: 'd' }),
    router,
    entrance: () => new Promise((resolve) => waiting.push(resolve)),
    admission: { admit },
    compression: false,
  });
  const closedSockets = { count: 0 };
  const server = createHttpServer(
    router,
    (request, socket, head) => {
      socket.once('close', () => {
        closedSockets.count += 1;
      });
      upgrades.handle(request, socket, head);
    },
    log,
    { port: 0, extraPorts: [], places: anyNumber, host: '127.0.0.1' },
  );
  const port = await server.listen();
  test.onTestFinished(() => server.close());
  return {
    ...subject,
    port,
    waiting: () => waiting.length,
    letIn: () => waiting.shift()?.({ ok: true, permission: anyone }),
    refuse: (refusal: Refusal) => waiting.shift()?.(refusal),
    places: () => places,
    closedSockets,
  };
}
