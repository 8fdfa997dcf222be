import { IncomingMessage } from 'node:http';
import { type ClientAddress, clientAddress } from './client-address.ts';
import { type CredentialRequest, readHeader } from './credentials.ts';

/** Who asks, as far as it can be known without a token. */
export interface Visitor extends ClientAddress {
  readonly userAgent: string | undefined;
}

const maxUserAgent = 200;
const unknown = { address: 'unknown', group: 'unknown', mayBeMany: true, isForwardedUnread: false };

/** Tells visitors by their requests, of WebSocket handshakes and plain HTTP alike. */
export class Visitors {
  readonly #trustedProxies: number;
  readonly #incoming = new WeakMap<object, IncomingMessage>();

  /** @param trustedProxies `TRUST_PROXY` */
  constructor(trustedProxies: number) {
    this.#trustedProxies = trustedProxies;
  }

  /** Fetch's requests know no socket: says which one brought them. */
  note(request: object, incoming: IncomingMessage): void {
    this.#incoming.set(request, incoming);
  }

  of(request: CredentialRequest): Visitor {
    const incoming = request instanceof IncomingMessage ? request : this.#incoming.get(request);
    const userAgent = readHeader(request, 'user-agent')?.slice(0, maxUserAgent);
    return incoming === undefined
      ? { ...unknown, userAgent }
      : { ...clientAddress(incoming, this.#trustedProxies), userAgent };
  }
}
