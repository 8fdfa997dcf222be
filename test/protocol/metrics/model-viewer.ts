import { io, type Socket } from 'socket.io-client';
import { EventSource } from 'undici';
import { isJsonObject } from '../../../src/core/json.ts';
import type { View } from './model-figures.ts';
import { type Entry, Ledger, type Note } from './model-ledger.ts';

/** What a viewer may do; a stream knows `subscribe`, `unsubscribe` and `drop`. */
export type Deed =
  | { readonly what: 'subscribe'; readonly view: View; readonly interval: number }
  | { readonly what: 'setInterval'; readonly interval: number }
  | { readonly what: 'refresh'; readonly hours?: number | undefined }
  /** What is answered with an error, and changes nothing. */
  | { readonly what: 'nonsense'; readonly event: string; readonly payload: unknown }
  | { readonly what: 'unsubscribe' | 'drop' };

type Subscribing = Extract<Deed, { what: 'subscribe' }>;

/** A real client that writes down all that it says and hears, and subscribes again after it lost its connection. */
export interface Viewer {
  readonly entries: readonly Entry[];
  /** What it follows; undefined: nothing. */
  readonly wanted: Subscribing | undefined;
  /** Whether what it says is heard. */
  readonly isConnected: boolean;
  /** How often it has heard an event. */
  heard(event: string): number;
  does(deed: Deed): void;
  /** Throws where it was told what it should not have been. */
  check(): Ledger;
  stop(): void;
}

/** What a viewer has written down. */
class Diary {
  readonly entries: Entry[] = [];
  wanted: Subscribing | undefined;

  note(note: Note): void {
    this.entries.push({ ...note, at: Date.now() / 1000 });
  }

  hear(event: string, data: unknown): void {
    this.note({ kind: 'heard', event, data: isJsonObject(data) ? data : {} });
  }

  heard(event: string): number {
    return this.entries.filter((entry) => entry.kind === 'heard' && entry.event === event).length;
  }

  check(): Ledger {
    return Ledger.check(this.entries);
  }
}

export type Way = 'websocket' | 'polling' | 'upgrade' | 'stream';

export const startViewer = (url: string, way: Way): Viewer =>
  way === 'stream'
    ? new StreamViewer(url)
    : new SocketViewer(url, way === 'upgrade' ? ['polling', 'websocket'] : [way]);

class SocketViewer extends Diary implements Viewer {
  readonly #socket: Socket;

  constructor(url: string, transports: string[]) {
    super();
    this.#socket = io(url, { transports, forceNew: true, reconnectionDelay: 20, reconnectionDelayMax: 100 });
    this.#socket.on('connect', () => {
      this.note({ kind: 'connected' });
      if (this.wanted !== undefined) this.#say(this.wanted);
    });
    this.#socket.onAny((event, data) => this.hear(event, data));
  }

  get isConnected(): boolean {
    return this.#socket.connected;
  }

  does(deed: Deed): void {
    if (deed.what === 'subscribe') this.wanted = deed;
    if (deed.what === 'setInterval' && this.wanted !== undefined) {
      this.wanted = { ...this.wanted, interval: deed.interval };
    }
    if (deed.what === 'unsubscribe') this.wanted = undefined;
    // What is said without a connection would be said by the client itself when it has one.
    if (this.#socket.connected) this.#say(deed);
  }

  #say(deed: Deed): void {
    switch (deed.what) {
      case 'subscribe': {
        const { view, interval } = deed;
        this.note({ kind: 'saidSubscribe', view, interval });
        this.#socket.emit('subscribe', { ...view, update_interval: interval });
        break;
      }
      case 'setInterval':
        this.note({ kind: 'saidInterval', interval: deed.interval });
        this.#socket.emit('set_interval', { interval: deed.interval });
        break;
      case 'refresh':
        this.note({ kind: 'saidRefresh', hours: deed.hours });
        this.#socket.emit('request_refresh', ...(deed.hours === undefined ? [] : [{ hours: deed.hours }]));
        break;
      case 'unsubscribe':
        this.note({ kind: 'saidUnsubscribe' });
        this.#socket.emit('unsubscribe');
        break;
      case 'nonsense':
        this.note({ kind: 'saidNonsense' });
        this.#socket.emit(deed.event, deed.payload);
        break;
      case 'drop':
        this.#socket.io.engine.close();
        break;
    }
  }

  stop(): void {
    this.#socket.disconnect();
  }
}

class StreamViewer extends Diary implements Viewer {
  readonly isConnected = true;
  readonly #url: string;
  #source: EventSource | undefined;

  constructor(url: string) {
    super();
    this.#url = url;
  }

  does(deed: Deed): void {
    // It has no sections.
    if (deed.what === 'subscribe') this.wanted = { ...deed, view: { hours: deed.view.hours } };
    else if (deed.what === 'unsubscribe') this.wanted = undefined;
    else if (deed.what !== 'drop') return;
    this.#source?.close();
    this.#source = this.wanted && this.#open(this.wanted);
  }

  #open({ view, interval }: Subscribing): EventSource {
    const { hours } = view;
    this.note({ kind: 'connected' });
    this.note({ kind: 'saidSubscribe', view, interval });
    this.hear('subscribed', { config: { hours, update_interval: interval } });
    const source = new EventSource(`${this.#url}/api/stream/metrics?hours=${hours}&interval=${interval}`);
    const hearAs = (event: string, data: string): void => {
      if (source === this.#source) this.hear(event, JSON.parse(data));
    };
    source.onmessage = ({ data }) => hearAs('metrics_update', data);
    source.addEventListener('error_info', (event) => {
      if ('data' in event && typeof event.data === 'string') hearAs('error', event.data);
    });
    return source;
  }

  stop(): void {
    this.#source?.close();
  }
}
