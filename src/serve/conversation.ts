import type { Log } from '../core/log.ts';
import type { Session } from '../deliver/session.ts';
import { ownerFields, type SessionClient, type SessionEnd } from '../deliver/session-terms.ts';
import type { Client, Endpoint, Unreadable } from './endpoint.ts';
import type { MessageReader } from './message-reader.ts';

/** What all conversations of an endpoint share. */
export interface ConversationParts {
  readonly endpoint: Pick<Endpoint, 'id' | 'disconnectedLine'>;
  readonly reader: MessageReader;
  readonly log: Log;
}

/** Between a session and the client that a dialect made of it: what comes in is read and checked here. */
export class Conversation implements SessionClient {
  readonly #parts: ConversationParts;
  readonly #session: Session;
  readonly #client: Client;

  constructor(parts: ConversationParts, session: Session, client: Client) {
    this.#parts = parts;
    this.#session = session;
    this.#client = client;
  }

  get view(): string {
    return this.#client.view ?? this.#parts.endpoint.id;
  }

  receive(data: Buffer, isBinary: boolean): void {
    const read = this.#parts.reader.read(data, isBinary);
    if (read.ok) this.#client.receive?.(read.message);
    else if (this.#client.unreadable?.(read) !== true) this.#ignore(read);
  }

  #ignore({ reason }: Unreadable): void {
    this.#session.refused(reason);
    this.#parts.log.debug({ connection_id: this.#session.id, reason }, 'message ignored');
  }

  dropped(count: number): void {
    this.#client.dropped?.(count);
  }

  ended(end: SessionEnd): void {
    this.#client.ended?.(end);
    const { log, endpoint } = this.#parts;
    const { code, cause, fault } = end;
    const { id, owner } = this.#session;
    log.info(
      { connection_id: id, endpoint: endpoint.id, code, cause, fault, ...ownerFields(owner) },
      endpoint.disconnectedLine(this.#session),
    );
  }
}
