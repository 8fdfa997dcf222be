import type { Access } from '../access/access.ts';
import { socketsPossible } from '../access/connection-limits.ts';
import { peerGroup } from '../access/visitors.ts';
import type { Clock } from '../core/clock.ts';
import { addOperationsRoutes, createOpsRouter, type Operations, opsServer } from '../http/operations.ts';
import { addBuiltPage, addPage } from '../http/pages.ts';
import { addPassthrough } from '../http/passthrough.ts';
import { aliasFaults, Paths, plainest } from '../http/paths.ts';
import { admitHosts, admitOrigins, createRouter, pathsOf } from '../http/router.ts';
import { HttpServer } from '../http/server.ts';
import { socketIoLibrary } from '../http/socket-io-library.ts';
import { UpgradeRouter, urlOf } from '../http/upgrade.ts';
import type { Engine } from '../source/engine.ts';
import { type ApiInfo, addApiDescription } from './asyncapi.ts';
import type { InPlaceOfEngine } from './http.ts';
import { Serve, type Served, type ServeParts } from './serve.ts';
import type { ServiceParts } from './service.ts';

/** Settings by their names. */
interface FrontSettings {
  readonly HOST: string;
  readonly PORT: number;
  readonly EXTRA_PORTS: readonly number[];
  readonly OPS_PORT?: number | undefined;
  readonly OPS_HOST?: string | undefined;
  readonly PATH_ALIASES: readonly string[];
  readonly METRICS_AUTH: boolean;
  readonly TRUST_PROXY: number;
  readonly MAX_CONNECTIONS_PER_IP: number;
  readonly ALLOW_FRAMES: readonly string[];
  readonly ENGINE_URL: string;
  readonly ENGINE_PASSTHROUGH: readonly string[];
  readonly ENGINE_PASSTHROUGH_HEADERS: readonly string[];
}

/** Answered even while all sockets are taken, by the plainest form of the path: a command is one however it is written. */
const vital = /^\/(livez|readyz|health|.*\/(halt|resume))$/;

/** What is reached on the one port: dialects, pages, operations, and the pass-through to the engine. */
export class Front {
  /** Endpoints of the dialects. */
  readonly served: Served[] = [];
  readonly #host: string;
  readonly #outlets: ServeParts;
  readonly #upgrades: UpgradeRouter;
  readonly #server: HttpServer;
  readonly #opsServer: HttpServer | undefined;
  readonly #onClose: (() => Promise<void>)[] = [];
  readonly #forward: () => void;
  readonly #aliasFaults: () => string[];

  constructor(
    settings: FrontSettings,
    parts: ServiceParts & {
      readonly access: Access;
      readonly engine: Pick<Engine, 'placeFor' | 'forward'>;
      readonly operations: Operations;
      readonly info: ApiInfo;
      readonly clock: Clock;
    },
  ) {
    const { access, engine, operations, info, clock, log, meter } = parts;
    const { policies, refusals } = access;
    const { HOST: host, OPS_PORT, OPS_HOST = host, PATH_ALIASES: aliases } = settings;
    const paths = new Paths(aliases);
    const upgrades = new UpgradeRouter({ log, meter, access, paths });
    const router = createRouter(access, log, paths, (path) => upgrades.serves(path));
    // Before any check of host and origin: the pages hold nothing secret, and say what to set where one is refused.
    // The dashboard is always a build; the other page is served as it is written.
    const { ALLOW_FRAMES: framedBy } = settings;
    addBuiltPage(router, '/', new URL('../../dist/dashboard/', import.meta.url), framedBy);
    const console = new URL('../dashboard/websocket-test.html', import.meta.url);
    addPage(router, '/websocket-test', console, framedBy, {
      id: 'socket-io-client',
      file: socketIoLibrary('socket.io.min'),
      isWanted: () => this.served.some(({ transport }) => transport === 'socket.io'),
    });
    const pages = pathsOf(router);
    admitHosts(router, access);
    admitOrigins(router, access);
    addOperationsRoutes(router, operations, {
      metrics:
        OPS_PORT === undefined
          ? async (request) =>
              settings.METRICS_AUTH ? await access.authorise(request, policies.measuring) : undefined
          : undefined,
      clients: (request) => access.authorise(request, policies.viewingAnything, policies.operating),
    });
    const { served } = this;
    addApiDescription(router, info, () =>
      served.flatMap(({ transport, ...channel }) =>
        transport === 'event-stream' ? [] : [{ transport, ...channel }],
      ),
    );
    const inPlaceOfEngine: InPlaceOfEngine[] = [];
    const opsRouter = OPS_PORT === undefined ? undefined : createOpsRouter(operations, access, log, paths);
    this.#host = host;
    this.#upgrades = upgrades;
    this.#outlets = { ...parts, upgrades, router, served, inPlaceOfEngine, onClose: this.#onClose };
    this.#aliasFaults = () =>
      aliasFaults(aliases, {
        served: [
          ...upgrades.served,
          ...pathsOf(router),
          ...(opsRouter === undefined ? [] : pathsOf(opsRouter)),
        ].filter((path) => !pages.includes(path) || upgrades.serves(path)),
        pages,
        commands: new Map(inPlaceOfEngine.map(({ engines, path }) => [engines, path])),
      });
    // For paths in their plainest form.
    const plainPaths = new Paths(aliases.map((entry) => entry.toLowerCase()));
    this.#forward = () =>
      addPassthrough(router, {
        prefixes: settings.ENGINE_PASSTHROUGH,
        furtherHeaders: settings.ENGINE_PASSTHROUGH_HEADERS,
        engineUrl: settings.ENGINE_URL,
        ...{ paths, engine },
        take(path) {
          const routed = plainPaths.routed(path);
          return inPlaceOfEngine.find((own) => own.engines === path || own.path === routed)?.handler;
        },
        ...{ clock, log, meter },
        authorise: (request, unsafe) =>
          access.authorise(request, policies.viewingAnything, unsafe ? policies.forwarding : undefined),
      });
    this.#server = new HttpServer(router, upgrades, log, {
      port: settings.PORT,
      extraPorts: settings.EXTRA_PORTS,
      host,
      places: {
        max: socketsPossible(),
        // Behind a proxy all sockets are the proxy's.
        maxPerPeer: settings.TRUST_PROXY === 0 ? 4 * settings.MAX_CONNECTIONS_PER_IP : 0,
        peerOf: ({ remoteAddress }) => peerGroup(remoteAddress),
      },
      isVital: (request) => vital.test(plainPaths.routed(plainest(urlOf(request)?.pathname ?? ''))),
      onRefused: (refusal, request) => refusals.tell('http', refusal, request),
    });
    if (OPS_PORT !== undefined && opsRouter !== undefined) {
      const refusing = new UpgradeRouter({ log, meter, access });
      const options = { port: OPS_PORT, host: OPS_HOST, upgrades: refusing };
      this.#opsServer = opsServer(opsRouter, log, options);
    }
  }

  /** Not after `listen`. */
  serveFor(dialect: string): Serve {
    return new Serve(dialect, this.#outlets);
  }

  /** What is wrong with `PATH_ALIASES`, once all dialects serve. */
  get aliasFaults(): readonly string[] {
    return this.#aliasFaults();
  }

  /** Rejects where a port cannot be had. */
  async listen(): Promise<{
    readonly port: number;
    readonly url: string;
    readonly opsPort: number | undefined;
  }> {
    // After the routes of the dialects, which take precedence.
    this.#forward();
    const port = await this.#server.listen();
    const host = this.#host === '0.0.0.0' || this.#host === '::' ? 'localhost' : this.#host;
    return { port, url: `http://${host}:${port}`, opsPort: await this.#opsServer?.listen() };
  }

  /** Refuses new connections. */
  stopAccepting(): void {
    this.#upgrades.stop();
    this.#server.stopAccepting();
  }

  async close(): Promise<void> {
    await Promise.all(this.#onClose.map((close) => close()));
    this.#server.close();
    this.#opsServer?.close();
  }
}
