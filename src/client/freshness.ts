import type { Cancel, Clock } from '../core/clock.ts';
import type { PongPacket } from '../wire/packet.ts';
import type { Path, Sources } from './document.ts';
import type { Replica } from './replica.ts';
import type { ConnectionStatus, Freshness, FreshnessState, PathFreshness } from './types.ts';
import { isKeptLive, sourceOf } from './vouching.ts';

interface FreshnessOptions {
  readonly clock: Clock;
  /** Infinity: no limit. */
  readonly maxAgeMs: number;
  readonly replica: Replica;
  readonly status: () => ConnectionStatus;
  /** How far the view in force lets figures lag, by its own wish. Infinity: it is paused. */
  readonly intervalMs: () => number;
  /** What `of` says of some path may have changed. */
  readonly onChange: () => void;
}

/** By the clock that measures, and by the one for people. */
interface Moment {
  readonly at: number;
  readonly epochMs: number;
}

const never: Moment = { at: Number.NaN, epochMs: Number.NaN };
const worstFirst = ['down', 'stale', 'fresh'] as const;
/** Sent at once, whatever the interval. */
const urgentPath = 'status';

/** What the gateway, the connection and the clock say of how current things are. */
export class FreshnessWatch {
  readonly #options: FreshnessOptions;
  /** When each source was last vouched for. */
  readonly #vouched = new Map<string, Moment>();
  /** The last packet. */
  #packet = never;
  #epoch: string | undefined;
  /** What a PONG said of `state` since the last packet, where that said something else; and since when. */
  #pong: { readonly state: PongPacket['state']; readonly epochMs: number } | undefined;
  #told: readonly unknown[] = [];
  #cancel: Cancel | undefined;

  constructor(options: FreshnessOptions) {
    this.#options = options;
  }

  /** The worst of the sources. */
  get worst(): Freshness['sources'] {
    const words = Object.keys(this.#sources).map((name) => this.#wordOf(name));
    return worstFirst.find((word) => words.includes(word));
  }

  of(path?: Path): PathFreshness {
    const { replica, maxAgeMs, status, intervalMs } = this.#options;
    const { state, reason, since, transport } = status();
    const name = path === undefined ? 'state' : sourceOf(replica.held, path);
    const source = this.#sources[name];
    const word = this.#wordOf(name);
    const wordSince = name === 'state' && this.#pong ? this.#pong.epochMs : Date.parse(`${source?.since}`);
    const isLive = word !== 'fresh' && path !== undefined && isKeptLive(replica.held, path);
    const lagMs = path === undefined || path === urgentPath ? 0 : intervalMs();
    // In a view that may lag by more, only a packet says what a figure is now.
    const moment = isLive || lagMs > maxAgeMs ? this.#packet : (this.#vouched.get(name) ?? never);
    const ageMs = this.#ageOf(moment);
    const say = (what: FreshnessState, from?: number, why?: string): PathFreshness => ({
      state: what,
      since: from || undefined,
      error: why || undefined,
      ageMs: ageMs >= 0 ? ageMs : undefined,
    });
    if (!replica.hasDocument) return say('initializing', since, (transport && source?.error) || reason);
    if (word !== 'fresh' && !isLive) return say(word === 'down' ? word : 'stale', wordSince, source?.error);
    if (state !== 'live' && state !== 'polling') return say('stale', since, reason || state);
    if (replica.isBehind) return say('stale', this.#packet.epochMs, 'a packet was lost');
    if (lagMs === Infinity) return say('stale', this.#packet.epochMs, 'the view is paused');
    if (ageMs >= maxAgeMs) return say('stale', moment.epochMs + maxAgeMs, `no word for ${maxAgeMs} ms`);
    return say('fresh', isLive ? undefined : wordSince);
  }

  /** The replica took a packet. */
  tookPacket(): void {
    const { position } = this.#options.replica;
    // Another document: what was known of the one before says nothing about it.
    if (this.#epoch !== position?.epoch) this.#vouched.clear();
    this.#epoch = position?.epoch;
    this.#pong = undefined;
    this.#packet = this.#now();
    this.#vouch();
  }

  /** The gateway answered, and said this of the source `state`; undefined: nothing. */
  tookPong(state: PongPacket['state']): void {
    const { clock, replica } = this.#options;
    if (state && state !== this.#pong?.state) {
      this.#pong = state === this.#sources.state?.status ? undefined : { state, epochMs: clock.now() };
    }
    if (!replica.isBehind) this.#vouch();
  }

  /** Calls back where something changed since it did last. */
  tell(): void {
    const { clock, maxAgeMs, replica, status, intervalMs, onChange } = this.#options;
    const hangsOnPackets =
      intervalMs() > maxAgeMs || Object.values(this.#sources).some((source) => source?.live);
    const moments = [hangsOnPackets ? this.#packet : never, ...this.#vouched.values()];
    const leftMs = moments.map((moment) => maxAgeMs - this.#ageOf(moment));
    const waitMs = Math.min(...leftMs.filter((ms) => ms > 0));
    if (waitMs < Infinity) {
      this.#cancel ??= clock.after(waitMs, () => {
        this.#cancel = undefined;
        this.tell();
      });
    }
    const { held, hasDocument, isBehind } = replica;
    const isOver = leftMs.map((ms) => ms <= 0).join();
    const facts = [status(), held.sources, hasDocument, isBehind, this.#pong?.state, intervalMs(), isOver];
    if (facts.every((fact, index) => fact === this.#told[index])) return;
    this.#told = facts;
    onChange();
  }

  close(): void {
    this.#cancel?.();
  }

  get #sources(): Sources {
    return this.#options.replica.held.sources ?? {};
  }

  #wordOf(name: string) {
    return (name === 'state' && this.#pong?.state) || this.#sources[name]?.status;
  }

  #vouch(): void {
    for (const name in this.#sources) {
      if (this.#wordOf(name) === 'fresh') this.#vouched.set(name, this.#now());
    }
  }

  #now(): Moment {
    const { clock } = this.#options;
    return { at: clock.monotonic(), epochMs: clock.now() };
  }

  #ageOf({ at }: Moment): number {
    return this.#options.clock.monotonic() - at;
  }
}
