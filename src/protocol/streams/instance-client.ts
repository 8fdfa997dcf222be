import { z } from 'zod';
import type { JsonObject } from '../../core/json.ts';
import type { Following } from '../../deliver/following.ts';
import type { Session } from '../../deliver/session.ts';
import type { Lease } from '../../feed/registry.ts';
import { engineAnswered } from './engine-wait.ts';
import type { Archived } from './instance-views.ts';
import type { SessionDependencies, StreamClient } from './sessions.ts';
import type { InstanceDesk } from './shared-instances.ts';

export const setIncludeArchived = z
  .object({ type: z.literal('set_include_archived'), value: z.boolean() })
  .describe('Whether archived instances are shown, from a new snapshot on');

/** A client of `/ws/instances`. */
export class InstanceClient implements StreamClient {
  readonly expected = '{"type":"set_include_archived","value":true or false}';
  readonly #session: Session;
  readonly #desk: InstanceDesk;
  #archived: Archived = 'hidden';
  #following: Following | undefined;
  #ended = false;

  constructor(session: Session, desk: Lease<InstanceDesk>, dependencies: SessionDependencies) {
    this.#session = session;
    this.#desk = session.hold(desk);
    this.#begin(dependencies).catch((error: unknown) =>
      dependencies.log.error({ err: error }, 'stream not begun'),
    );
  }

  act(message: JsonObject): boolean {
    const { success, data } = setIncludeArchived.safeParse(message);
    if (!success) return false;
    this.#archived = data.value ? 'shown' : 'hidden';
    // Before its first snapshot there is nothing to replace.
    if (this.#following !== undefined) this.#show();
    return true;
  }

  end(): void {
    this.#ended = true;
  }

  async #begin(dependencies: SessionDependencies): Promise<void> {
    const { source } = this.#desk;
    const answered = await engineAnswered(this.#session, source, () => this.#ended, dependencies);
    if (answered && !this.#ended) this.#show();
  }

  #show(): void {
    const view = this.#desk.views.acquire(this.#archived, undefined);
    this.#following?.leave();
    if (view !== undefined) this.#following = this.#session.follow(view);
  }
}
