import { z } from 'zod';
import type { Log } from '../../../core/log.ts';
import type { Session } from '../../../deliver/session.ts';
import type { View } from '../../../deliver/view.ts';
import type { Lease } from '../../../feed/registry.ts';
import { isLogName } from '../file-tail/open.ts';
import type { InstanceDesk } from '../instance/shared-instances.ts';
import { engineAnswered, refuse, StreamClient } from '../stream-client.ts';
import { type Ansi, type LogRendition, type LogViews, noLog } from './log-views.ts';

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

export interface LogDependencies {
  readonly log: Log;
  /** Undefined where no folder was given. */
  readonly logs: LogViews | undefined;
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
export class LogClient extends StreamClient {
  readonly #desk: InstanceDesk;
  readonly #dependencies: LogDependencies;
  #stopWatching = (): void => {};
  /** The client has left, or is sent away. */
  #over = false;

  constructor(
    session: Session,
    path: string,
    desk: Lease<InstanceDesk>,
    request: LogRequest,
    dependencies: LogDependencies,
  ) {
    super(session, path);
    this.#desk = session.hold(desk);
    this.#dependencies = dependencies;
    this.#begin(request).catch((error: unknown) =>
      dependencies.log.error({ err: error }, 'stream not begun'),
    );
  }

  ended(): void {
    this.#over = true;
    this.#stopWatching();
  }

  async #begin({ name, backlog, ansi, holder }: LogRequest): Promise<void> {
    const { source } = this.#desk;
    const answered = await engineAnswered(this.session, source, () => this.#over);
    if (!answered || this.#over) return;
    const view = this.#open(name, ansi, holder);
    if (view === undefined) return;
    this.session.hold(view);
    this.#stopWatching = source.instances.feed.onEntry(({ event }) => {
      if (event.name === name && event.instance === undefined) this.#sayUnknown(name);
    });
    const { rendition } = view.resource;
    await rendition.ready;
    if (!this.#over && rendition.isObstructed()) this.#sayObstructed();
    if (!this.#over) this.session.follow(view, () => rendition.backlog(backlog));
  }

  #open(name: string, ansi: Ansi, holder: string | undefined): Lease<View<LogRendition>> | undefined {
    const { logs } = this.#dependencies;
    if (!this.#desk.source.instances.has(name) || !isLogName(name)) {
      this.#sayUnknown(name);
      return undefined;
    }
    if (logs === undefined) {
      refuse(this.session, 'logs_unavailable', 'This gateway has no INSTANCE_LOG_DIR');
      return undefined;
    }
    const view = logs.acquire(name, ansi, holder);
    if (view === undefined) refuse(this.session, 'limit', 'Too many logs are in use (MAX_RENDITIONS)');
    return view;
  }

  #sayObstructed(): void {
    this.#over = true;
    refuse(this.session, 'log_not_a_file', noLog);
  }

  #sayUnknown(name: string): void {
    this.#over = true;
    const message = `No instance named '${name.slice(0, 64)}'`;
    refuse(this.session, 'instance_not_found', message);
  }
}
