import type { Cancel, Clock } from '../core/clock.ts';
import type { PongPacket } from '../wire/packet.ts';
import type { Path } from './document.ts';
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
  /** How long ago what is taken now reached this browser. */
  readonly lagMs: () => number;
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

export type FreshnessWatch = ReturnType<typeof createFreshnessWatch>;

/** What the gateway, the connection and the clock say of how current things are. */
export function createFreshnessWatch({
  clock,
  maxAgeMs,
  replica,
  status,
  intervalMs,
  lagMs,
  onChange,
}: FreshnessOptions) {
  /** When each source was last vouched for. */
  const vouched = new Map<string, Moment>();
  let packet = never;
  let epoch: string | undefined;
  /** What a PONG said of `state` since the last packet, where that said something else; and since when. */
  let pong: { readonly state: PongPacket['state']; readonly epochMs: number } | undefined;
  let told: readonly unknown[] = [];
  let cancel: Cancel | undefined;

  const now = (): Moment => ({ at: clock.monotonic() - lagMs(), epochMs: clock.now() - lagMs() });
  const ageOf = ({ at }: Moment): number => clock.monotonic() - at;
  const sources = () => replica.held.sources ?? {};
  const wordOf = (name: string) => (name === 'state' && pong?.state) || sources()[name]?.status;
  const vouch = (): void => {
    for (const name in sources()) if (wordOf(name) === 'fresh') vouched.set(name, now());
  };

  const of = (path?: Path): PathFreshness => {
    const { state, reason, since, transport } = status();
    const name = path === undefined ? 'state' : sourceOf(replica.held, path);
    const source = sources()[name];
    const word = wordOf(name);
    const wordSince = name === 'state' && pong ? pong.epochMs : Date.parse(`${source?.since}`);
    const isLive = word !== 'fresh' && path !== undefined && isKeptLive(replica.held, path);
    const lagMs = path === undefined || path === urgentPath ? 0 : intervalMs();
    // In a view that may lag by more, only a packet says what a figure is now.
    const moment = isLive || lagMs > maxAgeMs ? packet : (vouched.get(name) ?? never);
    const ageMs = ageOf(moment);
    const say = (what: FreshnessState, from?: number, why?: string): PathFreshness => ({
      state: what,
      since: from || undefined,
      error: why || undefined,
      ageMs: ageMs >= 0 ? ageMs : undefined,
    });
    if (!replica.hasDocument) return say('initializing', since, (transport && source?.error) || reason);
    if (word !== 'fresh' && !isLive) return say(word === 'down' ? word : 'stale', wordSince, source?.error);
    if (state !== 'live' && state !== 'polling') return say('stale', since, reason || state);
    if (replica.isBehind) return say('stale', packet.epochMs, 'a packet was lost');
    if (lagMs === Infinity) return say('stale', packet.epochMs, 'the view is paused');
    if (ageMs >= maxAgeMs) return say('stale', moment.epochMs + maxAgeMs, `no word for ${maxAgeMs} ms`);
    return say('fresh', isLive ? undefined : wordSince);
  };

  /** Calls back where something changed since it did last. */
  const tell = (): void => {
    const hangsOnPackets = intervalMs() > maxAgeMs || Object.values(sources()).some((source) => source?.live);
    const moments = [hangsOnPackets ? packet : never, ...vouched.values()];
    const leftMs = moments.map((moment) => maxAgeMs - ageOf(moment));
    const waitMs = Math.min(...leftMs.filter((ms) => ms > 0));
    if (waitMs < Infinity) {
      cancel ??= clock.after(waitMs, () => {
        cancel = undefined;
        tell();
      });
    }
    const { held, hasDocument, isBehind } = replica;
    const isOver = leftMs.map((ms) => ms <= 0).join();
    const facts = [status(), held.sources, hasDocument, isBehind, pong?.state, intervalMs(), isOver];
    if (facts.every((fact, index) => fact === told[index])) return;
    told = facts;
    onChange();
  };

  return {
    /**
     * @param heardAt when anything was received last, monotonic ms
     * @param changedAt when the document last changed, monotonic ms
     */
    read(heardAt: number | undefined, changedAt: number | undefined): Freshness {
      const age = (at: number | undefined): number | undefined =>
        at === undefined ? at : clock.monotonic() - at;
      const words = Object.keys(sources()).map(wordOf);
      // On the prototype: comparisons see the values only.
      const reading: Freshness = Object.create({ of });
      return Object.assign(reading, {
        isFresh: of().state === 'fresh',
        silentMs: age(heardAt),
        unchangedMs: age(replica.hasDocument ? changedAt : undefined),
        sources: worstFirst.find((word) => words.includes(word)),
      });
    },
    /** The replica took a packet. */
    tookPacket(): void {
      const { position } = replica;
      // Another document: what was known of the one before says nothing about it.
      if (epoch !== position?.epoch) vouched.clear();
      epoch = position?.epoch;
      pong = undefined;
      packet = now();
      vouch();
    },
    /** The gateway answered, and said this of the source `state`; undefined: nothing. */
    tookPong(state: PongPacket['state']): void {
      if (state && state !== pong?.state) {
        pong = state === sources().state?.status ? undefined : { state, epochMs: clock.now() };
      }
      if (!replica.isBehind) vouch();
    },
    tell,
    close(): void {
      cancel?.();
    },
  };
}
