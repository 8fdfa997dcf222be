import { type ClientOptions, WebSocket } from 'ws';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import { framesOfSocket } from './client.ts';
import type { Entry, FanOutView, Ledger } from './fan-out-ledger.ts';

export interface FanOutClientOptions {
  readonly view: FanOutView;
  /** What the client offers. Default: as `ws` does. */
  readonly deflate?: ClientOptions['perMessageDeflate'];
  /** Where it stands from an earlier connection. */
  readonly since?: { readonly position: string; readonly seq: number } | undefined;
}

/** The gateway ignores messages beyond a burst of 40. */
const messagesAllowed = 35;
/** A default client that was sent nothing for 5 s gets its packet again. */
const repeatMs = 4000;

/** A stock `ws` client that checks the order of all that it receives, and its text against the ledger. */
export class FanOutClient {
  readonly socket: WebSocket;
  /** Its frames as they were on the wire. */
  readonly frames: ReturnType<typeof framesOfSocket>;
  readonly closed: Promise<number>;
  /** What came and must not have, or not then. */
  readonly faults: string[] = [];
  /** `seq` of what it holds; 0: nothing yet of this view. */
  held = 0;
  readonly #ledger: Ledger;
  readonly #since: FanOutClientOptions['since'];
  #view: FanOutView;
  #epoch = '';
  #welcomed = false;
  #said = 0;
  #resyncs = 0;
  #pings = 0;
  #pongs = 0;
  #heldAt = 0;
  /** Answers owed, in order. */
  readonly #owed: { readonly type: string; readonly token: number; readonly view: FanOutView }[] = [];

  constructor(wsUrl: string, ledger: Ledger, { view, deflate = true, since }: FanOutClientOptions) {
    this.#ledger = ledger;
    this.#view = view;
    this.#since = since;
    const query = new URLSearchParams({
      mode: view.mode,
      encoding: view.encoding,
      interval: `${view.interval}`,
    });
    if (view.sections !== undefined) query.set('sections', view.sections.join());
    if (since !== undefined) query.set('since', since.position);
    this.socket = new WebSocket(`${wsUrl}/?${query}`, { perMessageDeflate: deflate });
    this.frames = framesOfSocket(this.socket);
    this.socket.on('message', (data, isBinary) => {
      if (Buffer.isBuffer(data)) this.#take(this.#ledger.take(this.#seenAs(data, isBinary), data, isBinary));
    });
    this.socket.on('pong', (payload) => this.#takePong(Number(payload.toString())));
    this.closed = new Promise((resolve) => this.socket.on('close', resolve));
    // A broken connection is seen by its close code; text that cannot be decompressed is a fault.
    this.socket.on('error', (error) => {
      if ('code' in error && `${error.code}`.startsWith('Z_')) this.faults.push(error.message);
    });
  }

  get view(): FanOutView {
    return this.#view;
  }

  get open(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  /** Whether everything it asked for was answered. */
  get answered(): boolean {
    return this.#welcomed && this.#owed.length === 0 && this.#pongs === this.#pings;
  }

  /** Where it stands, for a connection that goes on from here. */
  get position(): { readonly position: string; readonly seq: number } {
    return { position: `${this.#epoch}-${this.held}`, seq: this.held };
  }

  /** @param padding makes the message long enough for the client to compress it */
  ping(padding = ''): void {
    this.#ask('PONG', this.#view, (token) => ({ type: 'PING', t: { token, padding } }));
  }

  subscribe(view: FanOutView): void {
    const { sections = null, ...others } = view;
    this.#ask('ACK', view, (token) => ({
      type: 'SUBSCRIBE',
      requestId: `${token}`,
      ...others,
      sections: sections && [...sections],
    }));
  }

  resync(): void {
    if (this.#say({ type: 'RESYNC' })) this.#resyncs += 1;
  }

  protocolPing(): void {
    if (!this.open) return;
    this.#pings += 1;
    this.socket.ping(`${this.#pings}`);
  }

  #ask(type: string, view: FanOutView, message: (token: number) => JsonObject): void {
    const token = this.#said;
    if (this.#say(message(token))) this.#owed.push({ type, token, view });
  }

  #say(message: JsonValue): boolean {
    if (!this.open || this.#said >= messagesAllowed) return false;
    this.#said += 1;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  /** An ACK is worded as the view that it announces. */
  #seenAs(data: Buffer, isBinary: boolean): FanOutView {
    const next = this.#owed.find(({ type }) => type === 'ACK')?.view;
    const announces = next !== undefined && data.subarray(0, 40).includes('ACK');
    if (announces && isBinary !== (next.encoding === 'msgpack'))
      this.faults.push('an ACK in the old encoding');
    return announces ? next : this.#view;
  }

  #take({ type, seq, body }: Entry): void {
    if (this.#welcomed === (type === 'WELCOME')) this.faults.push(`${type} at the wrong end of a connection`);
    if (type === 'WELCOME') this.#welcome(body);
    else if (type === 'PONG' || type === 'ACK') this.#takeAnswer(type, body);
    else if (type === 'TELEMETRY') this.#checkProgress(seq);
    else if (type !== 'DELTA') this.faults.push(JSON.stringify(body));
    else if (this.#view.mode !== 'delta' || body.base !== this.held || seq <= this.held) {
      this.faults.push(`a delta from ${String(body.base)} to ${seq}, this client holds ${this.held}`);
    }
    if (seq > 0) this.held = seq;
    if (seq > 0) this.#heldAt = performance.now();
    if (typeof body.epoch === 'string') this.#epoch = body.epoch;
  }

  #welcome({ base }: JsonObject): void {
    this.#welcomed = true;
    if (base !== undefined && base !== this.#since?.seq) this.faults.push(`greeted from ${String(base)}`);
  }

  /** A whole packet says something newer, or was asked for. */
  #checkProgress(seq: number): void {
    if (seq > this.held) return;
    const silentMs = performance.now() - this.#heldAt;
    if (seq < this.held || (this.#resyncs === 0 && silentMs < repeatMs))
      this.faults.push(`TELEMETRY ${seq} to one who holds ${this.held}`);
    this.#resyncs = Math.max(0, this.#resyncs - 1);
  }

  #takeAnswer(type: string, { requestId, t }: JsonObject): void {
    const due = this.#owed.shift();
    const token = type === 'ACK' ? Number(requestId) : Object(t).token;
    if (due?.type !== type || due.token !== token)
      this.faults.push(`${type} ${token} where ${due?.type} ${due?.token} is due`);
    if (due === undefined || type !== 'ACK') return;
    this.#view = due.view;
    this.held = 0;
  }

  /** Of several pings the last must be answered, the others may (RFC 6455 §5.5.3). */
  #takePong(number: number): void {
    if (number <= this.#pongs || number > this.#pings)
      this.faults.push(`pong ${number} after ${this.#pongs}`);
    this.#pongs = number;
  }
}
