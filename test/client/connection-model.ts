import { setImmediate as nextTurn } from 'node:timers/promises';
import type fc from 'fast-check';
import type { Fetch, TelemetryClient, TransportName, ViewChange } from '../../src/client/index.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { unsignedToken } from '../support/tokens.ts';
import { connectToFake, type FakeGateway, FakeSocket, granted, sourcesOf } from './fake-gateway.ts';

/** What becomes of new connections by a transport. */
export type Condition = 'open' | 'refused' | 'mute';
/** Whom the gateway lets in: all, none, or none of pages that may not even read why. */
export type Door = 'open' | 'closed' | 'foreign';
/** What the client has been told to use: a provider of good ones, a text that is good as yet, or none that is. */
export type TokenKind = 'provider' | 'text' | 'nonsense';

/** The end of a connection that the gateway has, whatever its transport. */
interface Peer {
  readonly transport: TransportName;
  readonly token: string;
  /** What this connection asked for, and what SUBSCRIBEs changed of it since. */
  view: URLSearchParams;
  /** It has the document. */
  isWelcome: boolean;
  /** SUBSCRIBEs that were not read yet, in their order. */
  readonly unread: JsonObject[];
  /** How many of them were not answered, read or not. */
  unanswered: number;
  /** Neither side has ended it. */
  readonly isOpen: boolean;
  push(packet: JsonObject): void;
  /** Ends it, and says that it was for the token where it was. */
  end(isForToken: boolean): void;
}

export interface ModelGateway {
  readonly client: TelemetryClient;
  /** How new connections fare. */
  readonly conditions: Record<TransportName, Condition>;
  /** Of the next token, and so on round; the others are good for as long as it takes. */
  isShortLived: readonly boolean[];
  /** Whether SUBSCRIBEs are answered; they are carried out in any case. */
  answers: boolean;
  /** Connections that neither side has ended, oldest first. */
  open(transport: TransportName): readonly Peer[];
  /** Requests of every kind so far, and tokens asked for. */
  readonly opened: number;
  readonly position: { readonly epoch: string; readonly seq: number };
  publish(): void;
  /** Another life of the gateway: its versions are counted anew. */
  restart(): void;
  /** No token that was given so far is good any more. */
  revoke(): void;
  /** The gateway's settings: it takes a restart to change them. */
  setDoor(door: Door): void;
  /** What the client was told last. */
  readonly tokenKind: TokenKind;
  setToken(kind: TokenKind): void;
  advance(ms: number): Promise<void>;
  /** When a connection last brought something, monotonic ms. */
  readonly saidAt: number;
  now(): number;
  /** Anything that a client must never do. */
  readonly faults: string[];
}

/** By each transport once, to be told why, and to ask why the WebSocket failed. */
const mostUses = 4;
/** How long a token is good for. */
const shortMs = 5000;
const longMs = 1e7;
const startS = Date.parse('2026-01-01T00:00:00.000Z') / 1000;

/** A change of the view that this gateway refuses, however it is asked for. */
export const badSections = ['none'];
const options = ['interval', 'sections', 'symbol'] as const;

/** As many as it takes to read a response. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await nextTurn();
}

/** The options of a view that this gateway knows, in words, defaults left out. */
export function viewText(view: { readonly [Option in keyof ViewChange]: unknown } | URLSearchParams): string {
  const value = (name: (typeof options)[number]): string => {
    const said = view instanceof URLSearchParams ? view.get(name) : view[name];
    return String(said === 0 || said === '0' ? '' : (said ?? ''));
  };
  return options.map((name) => `${name}=${value(name)}`).join(' ');
}

/**
 * A client of a gateway that behaves as ours does, and answers when and in what order the scheduler says. Nothing but
 * `advance` lets time pass.
 */
export async function startModelGateway(
  scheduler: fc.Scheduler,
  {
    isShortLived,
    speaks,
    connect,
  }: {
    readonly isShortLived: readonly boolean[];
    /** Whether a WebSocket says why its handshake failed, as that of `ws` does. */
    readonly speaks: boolean;
    readonly connect: boolean;
  },
): Promise<ModelGateway> {
  const conditions: Record<TransportName, Condition> = { websocket: 'open', sse: 'open', polling: 'open' };
  const peers: Peer[] = [];
  const faults: string[] = [];
  /** How often those were used that a client has been told are no good. */
  const refused = new Map<string, number>();
  let door: Door = 'open';
  let tokenKind: TokenKind = 'provider';
  const given: string[] = [];
  let firstGood = 0;
  let opened = 0;
  let epoch = 1;
  let seq = 1;
  let saidAt = 0;

  const later = (what: string, task: () => void): void => {
    scheduler.schedule(Promise.resolve(), what).then(task, () => {});
  };
  const isGood = (token: string): boolean => given.indexOf(token) >= firstGood;
  const isBad = (view: URLSearchParams): boolean => view.get('sections') === badSections.join();
  const documentNow = (): JsonObject => ({ status: 'ACTIVE', n: seq, epoch, sources: sourcesOf('fresh') });
  const whole = (): JsonObject => ({ seq, data: documentNow() });
  const grantedTo = ({ view }: Peer): JsonObject => ({ ...granted, ...Object.fromEntries(view) });
  const welcome = (peer: Peer): void => {
    peer.isWelcome = true;
    peer.push({ type: 'WELCOME', epoch: `e${epoch}`, granted: grantedTo(peer), ...whole() });
  };
  const meet = (token: string): void => {
    opened += 1;
    const uses = refused.get(token);
    if (uses === undefined || tokenKind !== 'provider') return;
    refused.set(token, uses + 1);
    if (uses >= mostUses) faults.push(`token ${token} is used again and again`);
  };
  const refuseToken = (token: string): void => {
    if (!refused.has(token)) refused.set(token, 0);
  };
  const subscribe = (peer: Peer, message: JsonObject): void => {
    peer.unread.push(message);
    peer.unanswered += 1;
    later('answer', () => {
      if (!peer.isOpen) return;
      const { type, requestId, ...change } = peer.unread.shift() ?? {};
      const next = new URLSearchParams(peer.view);
      for (const [name, value] of Object.entries(change)) {
        if (value === null) next.delete(name);
        else next.set(name, String(value));
      }
      if (!gateway.answers) {
        if (!isBad(next)) peer.view = next;
        return;
      }
      peer.unanswered -= 1;
      if (isBad(next)) {
        peer.push({
          type: 'ERROR',
          command: type ?? '',
          requestId: requestId ?? '',
          code: 'BAD_OPTION',
          message: '',
        });
        return;
      }
      peer.view = next;
      peer.push({ type: 'ACK', command: type ?? '', requestId: requestId ?? '', granted: grantedTo(peer) });
      peer.push({ type: 'TELEMETRY', ...whole() });
    });
  };

  class ModelSocket extends FakeSocket implements Peer {
    readonly transport = 'websocket';
    readonly token: string;
    view: URLSearchParams;
    isWelcome = false;
    readonly unread: JsonObject[] = [];
    unanswered = 0;
    isOver = false;

    constructor(url: string, protocols: string[]) {
      super(url, protocols);
      this.token = `${protocols[1]}`;
      this.view = new URL(url).searchParams;
      meet(this.token);
      peers.push(this);
      later('handshake', () => {
        if (!this.isOpen || conditions.websocket === 'mute') return;
        if (door !== 'open') this.refuse(speaks ? '403' : '');
        else if (!isGood(this.token)) this.end(true);
        else if (conditions.websocket === 'refused' || isBad(this.view)) this.end(false);
        else {
          this.open();
          welcome(this);
        }
      });
    }
    get isOpen(): boolean {
      return !this.isClosed && !this.isOver;
    }
    push(packet: JsonObject): void {
      saidAt = gateway.now();
      this.say(packet);
    }
    override send(data: string): void {
      super.send(data);
      const message = this.sent.at(-1) ?? {};
      if (message.type === 'SUBSCRIBE') subscribe(this, message);
      if (message.type === 'RESYNC')
        later('resync', () => this.isOpen && this.push({ type: 'TELEMETRY', ...whole() }));
      if (message.type === 'PING')
        later('pong', () => this.isOpen && this.push({ type: 'PONG', t: message.t ?? 0 }));
    }
    override refuse(status: string): void {
      this.isOver = true;
      if (status === '') super.end();
      else super.refuse(`Unexpected server response: ${status}`);
    }
    override end(isForToken: boolean | number = false): void {
      this.isOver = true;
      // A browser says nothing of a handshake.
      const isTold = speaks || this.isWelcome;
      if (isForToken === true && isTold) refuseToken(this.token);
      if (isForToken === true && !this.isWelcome) this.refuse(speaks ? '401' : '');
      else super.end(isForToken === true ? 4401 : 1006);
    }
  }

  const refusal = (status: number, body: JsonObject): Response =>
    new Response(JSON.stringify(body), { status });
  /** Of those who ask by HTTP why a connection failed: what they fetch next is no attempt to connect. */
  const askers = new WeakSet<AbortSignal>();
  /** Whether anybody is there. */
  const answerHead = (signal: AbortSignal): Promise<Response> =>
    new Promise((resolve, reject) => {
      opened += 1;
      askers.add(signal);
      signal.addEventListener('abort', () => reject(signal.reason));
      later('head', () => {
        const response = new Response(null);
        if (door === 'foreign') Object.defineProperty(response, 'type', { value: 'opaque' });
        if (conditions.polling === 'open') resolve(response);
        else if (conditions.polling === 'refused') reject(new TypeError('fetch failed'));
      });
    });
  const fetchFake: Fetch = (url, { headers, signal, method }) => {
    if (method === 'HEAD') return answerHead(signal);
    const transport = url.includes('/stream/') ? 'sse' : 'polling';
    const token = `${headers.authorization}`.replace('Bearer ', '');
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    let isOver = false;
    // A series of polls goes on with its token until it is told itself.
    if (headers['if-none-match'] === undefined) meet(token);
    else opened += 1;
    const peer: Peer = {
      transport,
      token,
      view: new URL(url).searchParams,
      isWelcome: false,
      unread: [],
      unanswered: 0,
      get isOpen() {
        return !isOver && !signal.aborted;
      },
      push(packet) {
        saidAt = gateway.now();
        controller?.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(packet)}\n\n`));
      },
      end() {
        isOver = true;
        controller?.close();
      },
    };
    if (!askers.has(signal)) peers.push(peer);
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
      later(transport, () => {
        if (!peer.isOpen || conditions[transport] === 'mute') return;
        if (transport === 'polling') isOver = true;
        if (door === 'foreign') {
          isOver = true;
          reject(new TypeError('Failed to fetch'));
        } else if (door === 'closed') {
          isOver = true;
          resolve(refusal(403, { code: 'ORIGIN_REFUSED' }));
        } else if (!isGood(token)) {
          isOver = true;
          const response = refusal(401, { code: 'UNAUTHENTICATED' });
          const json = async (): Promise<unknown> => {
            const body: unknown = await response.json();
            // Unless the client has given it up meanwhile, it knows once it has read that.
            if (!signal.aborted) setImmediate(() => refuseToken(token));
            return body;
          };
          resolve(
            new Proxy(response, { get: (_, key) => (key === 'json' ? json : Reflect.get(response, key)) }),
          );
        } else if (isBad(peer.view)) {
          isOver = true;
          resolve(refusal(400, { code: 'BAD_OPTION', detail: '' }));
        } else if (conditions[transport] === 'refused') {
          isOver = true;
          reject(new TypeError('fetch failed'));
        } else if (transport === 'polling') {
          saidAt = gateway.now();
          peer.isWelcome = true;
          const etag = `"e${epoch}-${seq}"`;
          resolve(new Response(JSON.stringify(documentNow()), { headers: { etag } }));
        } else {
          const body = new ReadableStream<Uint8Array>({
            start(next) {
              controller = next;
              welcome(peer);
            },
          });
          resolve(new Response(body, { headers: { 'content-type': 'text/event-stream' } }));
        }
      });
    });
  };

  const gateway: ModelGateway = {
    conditions,
    isShortLived,
    answers: true,
    faults,
    get client() {
      return fake.client;
    },
    open: (transport) => peers.filter((peer) => peer.transport === transport && peer.isOpen),
    get opened() {
      return opened;
    },
    get position() {
      return { epoch: `e${epoch}`, seq };
    },
    publish() {
      seq += 1;
      for (const peer of peers)
        if (peer.isOpen && peer.isWelcome) peer.push({ type: 'TELEMETRY', ...whole() });
    },
    restart() {
      epoch += 1;
      seq = 1;
      for (const peer of peers) if (peer.isOpen && peer.isWelcome) peer.end(false);
    },
    revoke() {
      firstGood = given.length;
      for (const peer of peers) if (peer.isOpen && peer.isWelcome) peer.end(true);
    },
    setDoor(next) {
      door = next;
      gateway.restart();
    },
    get tokenKind() {
      return tokenKind;
    },
    setToken(kind) {
      tokenKind = kind;
      if (kind === 'text') given.push(`text ${given.length}`);
      fake.client.setToken(kind === 'provider' ? provide : kind === 'text' ? given.at(-1) : 'nonsense');
    },
    async advance(ms) {
      fake.clock.advance(ms);
      await turns();
    },
    get saidAt() {
      return saidAt;
    },
    now: () => started?.clock.monotonic() ?? 0,
  };
  /** Undefined while it asks for its first token. */
  let started: FakeGateway | undefined;
  const provide = async (): Promise<string> => {
    opened += 1;
    const isShort = gateway.isShortLived[given.length % gateway.isShortLived.length];
    const iat = startS + gateway.now() / 1000;
    const exp = iat + (isShort ? shortMs : longMs) / 1000;
    const token = unsignedToken({ sub: String(given.length), iat, exp });
    given.push(token);
    await scheduler.schedule(Promise.resolve(), 'token');
    return token;
  };
  const fake = await connectToFake({ WebSocket: ModelSocket, fetch: fetchFake, token: provide, connect });
  started = fake;
  return gateway;
}
