import { ownerFields } from '../deliver/owner.ts';
import type { Session, SessionClient, SessionEnd } from '../deliver/session.ts';
import type { Client, Unreadable } from './endpoint.ts';
import type { Service } from './service.ts';

/** Between a session and the client that a dialect made of it: what comes in is read and checked here. */
export class Conversation implements SessionClient {
  readonly #service: Service;
  readonly #session: Session;
  readonly #client: Client;

  constructor(service: Service, session: Session, client: Client) {
    this.#service = service;
    this.#session = session;
    this.#client = client;
  }

  get view(): string {
    return this.#client.view ?? this.#service.endpoint.id;
  }

  receive(data: Buffer, isBinary: boolean): void {
    const read = this.#service.read(data, isBinary);
    if (read.ok) this.#client.receive?.(read.message);
    else if (this.#client.unreadable?.(read) !== true) this.#ignore(read);
  }

  #ignore({ reason }: Unreadable): void {
    this.#session.refused(reason);
    this.#service.log.debug({ connection_id: this.#session.id, reason }, 'message ignored');
  }

  dropped(count: number): void {
    this.#client.dropped?.(count);
  }

  ended(end: SessionEnd): void {
    this.#client.ended?.(end);
    const { log, endpoint } = this.#service;
    const { code, cause, fault } = end;
    const { id, owner } = this.#session;
    log.info(
      { connection_id: id, endpoint: endpoint.id, code, cause, fault, ...ownerFields(owner) },
      endpoint.disconnectedLine(this.#session),
    );
  }
}
