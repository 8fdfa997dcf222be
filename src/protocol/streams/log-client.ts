import { z } from 'zod';
import type { Session } from '../../deliver/session.ts';
import type { Lease } from '../../feed/registry.ts';
import { isLogName } from '../../source/file-tail/open.ts';
import { engineAnswered } from './engine-wait.ts';
import { type Ansi, type LogFeed, type LogFeeds, noLog } from './log-feeds.ts';
import { refuse, type SessionDependencies, type StreamClient } from './sessions.ts';
import type { InstanceDesk } from './shared-instances.ts';

/** The query of `/ws/instances/:name/logs`. */
export const logQuery = z.object({
  backlog: z
    .string()
    .regex(/^\d{1,4}$/)
    .transform(Number)
    .pipe(z.number().max(1000))
    .default(100)
    .describe('Lines sent at first, 0 to 1000. Default 100'),
  ansi: z
    .enum(['keep', 'strip'])
    .default('keep')
    .describe('strip: without colours and other escape sequences'),
});

export interface LogDependencies extends SessionDependencies {
  /** Undefined where no folder was given. */
  readonly logs: LogFeeds | undefined;
}

export interface LogRequest {
  readonly name: string;
  /** Lines. */
  readonly backlog: number;
  readonly ansi: Ansi;
  /** By whom the share of logs is counted. */
  readonly holder: string | undefined;
}

/** A client of `/ws/instances/:name/logs`. */
export class LogClient implements StreamClient {
  readonly #session: Session;
  readonly #desk: Lease<InstanceDesk>;
  readonly #dependencies: LogDependencies;
  #log: Lease<LogFeed> | undefined;
  #stopWatching = (): void => {};
  /** The client has left, or is sent away. */
  #over = false;

  constructor(
    session: Session,
    desk: Lease<InstanceDesk>,
    request: LogRequest,
    dependencies: LogDependencies,
  ) {
    this.#session = session;
    this.#desk = desk;
    this.#dependencies = dependencies;
    this.#begin(request).catch((error: unknown) =>
      dependencies.log.error({ err: error }, 'stream not begun'),
    );
  }

  end(): void {
    this.#over = true;
    this.#stopWatching();
    this.#log?.release();
    this.#desk.release();
  }

  async #begin({ name, backlog, ansi, holder }: LogRequest): Promise<void> {
    const { source } = this.#desk.resource;
    const answered = await engineAnswered(this.#session, source, () => this.#over, this.#dependencies);
    if (!answered || this.#over) return;
    const feed = this.#open(name, holder);
    if (feed === undefined) return;
    this.#stopWatching = source.instances.feed.onEntry(({ event }) => {
      if (event.name === name && event.instance === undefined) this.#sayUnknown(name);
    });
    await feed.ready;
    if (!this.#over && feed.isObstructed()) this.#sayObstructed();
    if (this.#over) return;
    const view = feed.view(ansi);
    this.#session.follow(view.channel, () => view.backlog(backlog));
  }

  #open(name: string, holder: string | undefined): LogFeed | undefined {
    const { logs, meter } = this.#dependencies;
    if (!this.#desk.resource.source.instances.has(name) || !isLogName(name)) {
      this.#sayUnknown(name);
      return undefined;
    }
    if (logs === undefined) {
      refuse(this.#session, 'logs_unavailable', 'This gateway has no INSTANCE_LOG_DIR', meter);
      return undefined;
    }
    this.#log = logs.acquire(name, holder);
    if (this.#log === undefined) {
      refuse(this.#session, 'limit', 'Too many logs are in use (MAX_RENDITIONS)', meter);
    }
    return this.#log?.resource;
  }

  #sayObstructed(): void {
    this.#over = true;
    refuse(this.#session, 'log_not_a_file', noLog, this.#dependencies.meter);
  }

  #sayUnknown(name: string): void {
    this.#over = true;
    const message = `No instance named '${name.slice(0, 64)}'`;
    refuse(this.#session, 'instance_not_found', message, this.#dependencies.meter);
  }
}
