import { setImmediate as nextTurn } from 'node:timers/promises';
import type { TelemetryClient } from '../../../src/client/index.ts';
import {
  type BroadcastChannelLike,
  createSharedTelemetryClient,
  type SharedTelemetryClientOptions,
} from '../../../src/client/share/index.ts';
import type { Cancel, Clock } from '../../../src/core/clock.ts';
import type { JsonObject } from '../../../src/core/json.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { FakeSocket, granted, sourcesOf } from '../fake-gateway.ts';
import { FakeLocks } from './fake-locks.ts';

/** Times on the way of a message from tab to tab, or of a connection to the gateway. */
const hopMs = 3;
const handshakeMs = 20;
const sliceMs = 25;
/** Of pages that have been hidden for five minutes. */
const slowTimerMs = 60_000;
const mostSlices = 2000;

/** A tab of a browser, with its client. */
export interface FakeTab {
  readonly client: TelemetryClient;
  /** Connections that it opened, as far as neither side ended them. */
  readonly open: readonly TabSocket[];
  /** URLs that it fetched; unless the test says how, all of them fail. */
  readonly fetched: readonly string[];
  readonly isFrozen: boolean;
  /** None of its code runs; what happens meanwhile waits. */
  freeze(): void;
  thaw(): void;
  /** None of its code runs ever again; it says goodbye to nobody. */
  crash(): void;
  /** Timers that it starts from here on run once a minute. */
  hide(): void;
  /** Messages to and from it are lost, or no longer. */
  cutOff(isCut: boolean): void;
}

class TabSocket extends FakeSocket {
  isOver = false;
  view = new URLSearchParams();
}

/** Tabs of one browser, and a gateway that behaves as ours does. Nothing but `advance` lets time pass. */
export interface FakeBrowser {
  readonly clock: ManualClock;
  readonly tabs: readonly FakeTab[];
  /** Connections to the gateway, dead tabs' left out. */
  readonly open: readonly TabSocket[];
  /** So many were opened up to now. */
  readonly opened: number;
  /** What the gateway holds. */
  readonly document: JsonObject;
  /** Messages between tabs, as they are on the channel. */
  readonly posted: readonly JsonObject[];
  readonly channelNames: readonly string[];
  /** Something else says this by the channels of all tabs. */
  say(message: unknown): void;
  /** Nothing comes from the gateway for a while, and no new connection gets through. */
  setMute(isMute: boolean): void;
  /** Which tokens the gateway does not take from here on. */
  refuse(isRefused: (token: string) => boolean): void;
  openTab(options?: Partial<SharedTelemetryClientOptions>): FakeTab;
  publish(change?: JsonObject): void;
  advance(ms: number, check?: () => void): Promise<void>;
  /** Lets time pass until it is so. */
  until(isSo: () => boolean): Promise<void>;
  /** Lets time pass until it is settled. */
  within<Value>(promise: Promise<Value> | undefined): Promise<Value | undefined>;
}

/** @param hasLocks as on `https` */
export function openBrowser(hasLocks = false): FakeBrowser {
  const clock = createManualClock();
  const tabs: Tab[] = [];
  const posted: JsonObject[] = [];
  const channelNames: string[] = [];
  const locks = new FakeLocks<Tab>();
  let opened = 0;
  let isMute = false;
  let isRefused = (_: string): boolean => false;
  let seq = 1;
  let document: JsonObject = {
    status: 'ACTIVE',
    market: { symbol: 'SPY', price: 450 },
    portfolio: { nav: 1 },
    sources: sourcesOf('fresh'),
  };

  /** Runs the code of one tab: later, where the tab is frozen. */
  class Tab implements FakeTab {
    readonly #waiting: (() => void)[] = [];
    readonly channels = new Set<Channel>();
    readonly sockets: TabSocket[] = [];
    readonly client: TelemetryClient;
    readonly fetched: string[] = [];
    isFrozen = false;
    isDead = false;
    isSlow = false;
    isCut = false;

    constructor(options: Partial<SharedTelemetryClientOptions>) {
      const tab = this;
      this.client = createSharedTelemetryClient({
        url: 'https://gateway.example',
        clock: this.#clock(),
        random: () => 0.5,
        BroadcastChannel: class extends Channel {
          constructor(name: string) {
            super(tab, name);
          }
        },
        WebSocket: class extends GatewaySocket {
          constructor(url: string, protocols: string[]) {
            super(tab, url, protocols);
          }
        },
        locks: hasLocks ? locks.of(tab) : null,
        ...options,
        fetch(url, init) {
          tab.fetched.push(url);
          return options.fetch?.(url, init) ?? Promise.reject(new TypeError('fetch failed'));
        },
      });
    }

    get open(): readonly TabSocket[] {
      return this.sockets.filter(({ isClosed, isOver }) => !isClosed && !isOver);
    }

    run(task: () => void): void {
      if (this.isDead) return;
      if (this.isFrozen) this.#waiting.push(task);
      else task();
    }
    freeze(): void {
      this.isFrozen = true;
    }
    thaw(): void {
      this.isFrozen = false;
      for (const task of this.#waiting.splice(0)) this.run(task);
    }
    crash(): void {
      this.isDead = true;
      locks.died(this);
      for (const socket of this.sockets) socket.isOver = true;
    }
    hide(): void {
      this.isSlow = true;
    }
    cutOff(isCut: boolean): void {
      this.isCut = isCut;
    }

    #delayOf(ms: number): number {
      const at = clock.monotonic() + ms;
      return this.isSlow ? Math.ceil(at / slowTimerMs) * slowTimerMs - clock.monotonic() : ms;
    }
    /** As browsers have it, time goes on where no timer runs. */
    #clock(): Clock {
      const schedule = (start: (task: () => void) => Cancel, task: () => void): Cancel => {
        let isCancelled = false;
        const stop = start(() => this.run(() => isCancelled || task()));
        return () => {
          isCancelled = true;
          stop();
        };
      };
      return {
        now: () => clock.now(),
        monotonic: () => clock.monotonic(),
        after: (ms, task) => schedule((run) => clock.after(this.#delayOf(ms), run), task),
        every: (ms, task) => schedule((run) => clock.every(this.#delayOf(ms), run), task),
      };
    }
  }

  class Channel implements BroadcastChannelLike {
    onmessage: BroadcastChannelLike['onmessage'] = null;
    readonly tab: Tab;
    readonly name: string;

    constructor(tab: Tab, name: string) {
      this.tab = tab;
      this.name = name;
      tab.channels.add(this);
      channelNames.push(name);
    }
    postMessage(message: unknown): void {
      if (!this.tab.channels.has(this)) throw new Error('the channel is closed');
      posted.push(structuredClone(message) as JsonObject);
      for (const other of tabs) {
        for (const channel of other === this.tab ? [] : other.channels) {
          if (channel.name !== this.name) continue;
          const data: unknown = structuredClone(message);
          const isLost = (): boolean => this.tab.isCut || other.isCut;
          if (isLost()) continue;
          clock.after(hopMs, () => other.run(() => other.channels.has(channel) && channel.take(data)));
        }
      }
    }
    close(): void {
      this.tab.channels.delete(this);
    }
    take(data: unknown): void {
      if (this.onmessage !== null) Reflect.apply(this.onmessage, undefined, [{ data }]);
    }
  }

  class GatewaySocket extends TabSocket {
    readonly tab: Tab;
    isWelcome = false;

    constructor(tab: Tab, url: string, protocols: readonly string[]) {
      super(url, protocols);
      this.tab = tab;
      this.view = new URL(url).searchParams;
      opened += 1;
      tab.sockets.push(this);
      clock.after(handshakeMs, () => {
        if (isMute || this.isClosed || this.isOver) return;
        if (isRefused(protocols.join())) {
          this.isOver = true;
          this.tab.run(() => this.end(4401));
          return;
        }
        this.isWelcome = true;
        this.push({
          type: 'WELCOME',
          seq,
          epoch: this.view.get('symbol') ?? 'e',
          granted: this.granted,
          data: this.data,
        });
      });
    }
    /** The document that this connection is for. */
    get data(): JsonObject {
      const symbol = this.view.get('symbol');
      return symbol === null
        ? document
        : { ...document, market: { ...(document.market as JsonObject), symbol } };
    }
    get granted(): JsonObject {
      const interval = this.view.get('interval') ?? '0';
      return { ...granted, mode: 'full', interval: interval === 'pause' ? interval : Number(interval) };
    }
    override send(data: string): void {
      super.send(data);
      const { type, ...message } = JSON.parse(data);
      clock.after(handshakeMs, () => {
        if (isMute) return;
        if (type === 'PING') this.push({ type: 'PONG', t: message.t, server_time: '', state: 'fresh' });
        if (type === 'RESYNC') this.push({ type: 'TELEMETRY', seq, data: this.data });
        if (type !== 'SUBSCRIBE') return;
        this.view.set('interval', String(message.interval));
        this.push({ type: 'ACK', command: type, requestId: message.requestId, granted: this.granted });
        this.push({ type: 'TELEMETRY', seq, data: this.data });
      });
    }
    push(packet: JsonObject): void {
      this.tab.run(() => this.isClosed || this.isOver || this.say(packet));
    }
  }

  const sockets = (): GatewaySocket[] =>
    tabs.flatMap((tab) => tab.open.filter((socket) => socket instanceof GatewaySocket));
  const tell = (): void => {
    for (const socket of sockets()) {
      if (socket.isWelcome && socket.view.get('interval') !== 'pause') {
        socket.push({ type: 'TELEMETRY', seq, data: socket.data });
      }
    }
  };
  const browser: FakeBrowser = {
    clock,
    tabs,
    posted,
    channelNames,
    refuse(next) {
      isRefused = next;
    },
    say(message) {
      for (const { channels } of tabs) for (const channel of channels) channel.take(message);
    },
    setMute(next) {
      isMute = next;
      if (!isMute) tell();
    },
    get open() {
      return sockets();
    },
    get opened() {
      return opened;
    },
    get document() {
      return document;
    },
    openTab(options = {}) {
      const tab = new Tab(options);
      tabs.push(tab);
      return tab;
    },
    publish(change = { market: { symbol: 'SPY', price: 450 + seq } }) {
      seq += 1;
      document = { ...document, ...change };
      if (!isMute) tell();
    },
    async until(isSo) {
      for (let slices = 0; !isSo() && slices < mostSlices; slices += 1) await browser.advance(sliceMs);
      if (!isSo()) throw new Error(`waited for ${isSo}`);
    },
    async within(promise) {
      let isSettled = false;
      const settle = (): void => {
        isSettled = true;
      };
      promise?.then(settle, settle);
      await browser.until(() => isSettled);
      return promise;
    },
    async advance(ms, check = () => {}) {
      const until = clock.monotonic() + ms;
      while (clock.monotonic() < until) {
        clock.advance(Math.min(sliceMs, until - clock.monotonic()));
        await nextTurn();
        check();
      }
    },
  };
  return browser;
}

/** The tab that has the connection. */
export function leaderOf({ tabs }: FakeBrowser): FakeTab {
  const [leader, ...others] = tabs.filter(({ open }) => open.length > 0);
  if (leader === undefined || others.length > 0) throw new Error('expected one tab with a connection');
  return leader;
}

/** So many tabs of the same options, in which all is settled. */
export async function openTabs(
  count: number,
  options?: Partial<SharedTelemetryClientOptions>,
  browser = openBrowser(),
) {
  const tabs = Array.from({ length: count }, () => browser.openTab(options));
  await browser.advance(1000);
  return { browser, tabs };
}
