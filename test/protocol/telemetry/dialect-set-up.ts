import { Access, type AdmittedConnection } from '../../../src/access/access.ts';
import type { Principal } from '../../../src/access/principal.ts';
import type { Refusal } from '../../../src/core/errors.ts';
import { HttpServer } from '../../../src/http/server.ts';
import { UpgradeRouter } from '../../../src/http/upgrade.ts';
import { serveTelemetry } from '../../../src/protocol/telemetry/telemetry.ts';
import { Serve } from '../../../src/serve/serve.ts';
import { anyNumber, routerFor } from '../../http/http-set-up.ts';
import { defaultAccess } from '../../support/access.ts';
import { anyone } from '../../support/principals.ts';
import { setUpClients } from './client-set-up.ts';

/** Lets nobody in until the test does, and counts who has a place. */
class WaitingAccess extends Access {
  places = 0;
  readonly waiting: ((verdict: Principal | Refusal) => void)[] = [];

  override authorise(): Promise<Principal | Refusal> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  override enter(...[request, policy, connection]: Parameters<Access['enter']>) {
    return super.enter(request, policy, this.#counted(connection));
  }

  override admit(...[request, principal, connection]: Parameters<Access['admit']>) {
    return super.admit(request, principal, this.#counted(connection));
  }

  #counted(connection: AdmittedConnection): AdmittedConnection {
    const counted: AdmittedConnection = {
      get destroyed() {
        return connection.destroyed;
      },
      on: (event, onClose) => {
        this.places += 1;
        return connection.on(event, () => {
          this.places -= 1;
          onClose.call(counted);
        });
      },
    };
    return counted;
  }
}

/** The dialect on a real port. Whoever comes waits until the test lets it in. */
export async function serveDialect(test: Parameters<typeof setUpClients>[0]) {
  const subject = setUpClients(test);
  const { clock, log, meter, sessions, keepalive, dependencies } = subject;
  const { router } = routerFor();
  const access = new WaitingAccess(defaultAccess, {
    ...{ verifier: undefined, clock, log, meter },
    dismissViewer: () => false,
  });
  const upgrades = new UpgradeRouter({ access, log, meter });
  const serve = new Serve('telemetry', {
    ...{ access, upgrades, router, sessions, keepalive, clock, log, meter },
    ...{ served: [], onClose: [], inPlaceOfEngine: [] },
  });
  serveTelemetry(serve, dependencies);
  const closedSockets = { count: 0 };
  const server = new HttpServer(
    router,
    {
      handle: (request, socket, head) => {
        socket.once('close', () => {
          closedSockets.count += 1;
        });
        upgrades.handle(request, socket, head);
      },
    },
    log,
    { port: 0, extraPorts: [], places: anyNumber, host: '127.0.0.1' },
  );
  const port = await server.listen();
  test.onTestFinished(() => server.close());
  return {
    ...subject,
    port,
    waiting: () => access.waiting.length,
    letIn: () => access.waiting.shift()?.(anyone),
    refuse: (refusal: Refusal) => access.waiting.shift()?.(refusal),
    places: () => access.places,
    closedSockets,
  };
}
