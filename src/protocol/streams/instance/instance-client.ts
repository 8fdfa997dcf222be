import type { Log } from '../../../core/log.ts';
import type { Session } from '../../../deliver/session.ts';
import type { Following } from '../../../deliver/view.ts';
import type { Lease } from '../../../feed/registry.ts';
import type { Client, MessageOf } from '../../../serve/endpoint.ts';
import type { instancesHear } from '../packets.ts';
import { engineAnswered, StreamClient } from '../stream-client.ts';
import type { Archived, InstanceDesk } from './shared-instances.ts';

/** A client of `/ws/instances`. */
export class InstanceClient extends StreamClient implements Client<MessageOf<typeof instancesHear>> {
  readonly #desk: InstanceDesk;
  #archived: Archived = 'hidden';
  #following: Following | undefined;
  #ended = false;

  constructor(session: Session, path: string, desk: Lease<InstanceDesk>, log: Log) {
    super(session, path);
    this.#desk = session.hold(desk);
    this.#begin().catch((error: unknown) => log.error({ err: error }, 'stream not begun'));
  }

  protected override get expected(): string {
    return `${super.expected} or {"type":"set_include_archived","value":true or false}`;
  }

  override receive(message: MessageOf<typeof instancesHear>): void {
    if (message.type === 'ping') {
      super.receive(message);
      return;
    }
    this.#archived = message.value ? 'shown' : 'hidden';
    // Before its first snapshot there is nothing to replace.
    if (this.#following !== undefined) this.#show();
  }

  ended(): void {
    this.#ended = true;
  }

  async #begin(): Promise<void> {
    const answered = await engineAnswered(this.session, this.#desk.source, () => this.#ended);
    if (answered && !this.#ended) this.#show();
  }

  #show(): void {
    const view = this.#desk.views.acquire(this.#archived, undefined);
    this.#following?.leave();
    if (view !== undefined) this.#following = this.session.follow(view);
  }
}
