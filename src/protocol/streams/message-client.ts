import { z } from 'zod';
import type { Session } from '../../deliver/session.ts';
import type { Lease } from '../../feed/registry.ts';
import type { MessageView } from './message-views.ts';
import type { StreamClient } from './sessions.ts';

/** An empty one is what a form sends that was not filled in. */
const filter = z
  .string()
  .max(256)
  .transform((text) => (text === '' ? undefined : text))
  .optional();

/** The query of `/ws/messages`. */
export const messageQuery = z.object({
  instance: filter.describe('Name of the sender or receiver'),
  correlation_id: filter.describe('The chain that a message belongs to'),
});

/** A client of `/ws/messages`. */
export class MessageClient implements StreamClient {
  readonly #lease: Lease<MessageView>;

  constructor(session: Session, lease: Lease<MessageView>) {
    this.#lease = lease;
    const { channel, snapshot } = lease.resource;
    session.follow(channel, snapshot);
  }

  end(): void {
    this.#lease.release();
  }
}
