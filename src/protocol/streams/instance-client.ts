import { z } from 'zod';
import type { JsonObject } from '../../core/json.ts';
import type { Subscription } from '../../deliver/channel.ts';
import type { Session } from '../../deliver/session.ts';
import type { Lease } from '../../feed/registry.ts';
import { engineAnswered } from './engine-wait.ts';
import type { SessionDependencies, StreamClient } from './sessions.ts';
import type { InstanceDesk } from './shared-instances.ts';

export const setIncludeArchived = z
  .object({ type: z.literal('set_include_archived'), value: z.boolean() })
  .describe('Whether archived instances are shown, from a new snapshot on');

/** A client of `/ws/instances`. */
export class InstanceClient implements StreamClient {
  readonly expected = '{"type":"set_include_archived","value":true or false}';
  readonly #session: Session;
  readonly #lease: Lease<InstanceDesk>;
  #includeArchived = false;
  #subscription: Subscription | undefined;
  #ended = false;

  constructor(session: Session, lease: Lease<InstanceDesk>, dependencies: SessionDependencies) {
    this.#session = session;
    this.#lease = lease;
    this.#begin(dependencies).catch((error: unknown) =>
      dependencies.log.error({ err: error }, 'stream not begun'),
    );
  }

  act(message: JsonObject): boolean {
    const { success, data } = setIncludeArchived.safeParse(message);
    if (!success) return false;
    this.#includeArchived = data.value;
    // Before its first snapshot there is nothing to replace.
    if (this.#subscription !== undefined) this.#show();
    return true;
  }

  end(): void {
    this.#ended = true;
    this.#lease.release();
  }

  async #begin(dependencies: SessionDependencies): Promise<void> {
    const { source } = this.#lease.resource;
    const answered = await engineAnswered(this.#session, source, () => this.#ended, dependencies);
    if (answered && !this.#ended) this.#show();
  }

  #show(): void {
    if (this.#subscription !== undefined) this.#session.unfollow(this.#subscription);
    const view = this.#lease.resource.views.of(this.#includeArchived);
    this.#subscription = this.#session.follow(view.channel, view.snapshot);
  }
}
