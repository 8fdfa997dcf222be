import type { Clock } from '../core/clock.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import { Throttle } from '../core/throttle.ts';
import { TokenBucket } from '../core/token-bucket.ts';
import { parseUntrusted } from '../core/untrusted-json.ts';

export interface MessageLimits {
  /** Messages a second from one client. */
  readonly perSecond: number;
  readonly burst: number;
  /** How long a client may go on being over it before the connection is closed. */
  readonly floodMs: number;
}

export const messageDefaults: MessageLimits = { perSecond: 20, burst: 40, floodMs: 10_000 };

/** `refused`: ignore this message. `flooding`: the client has been over the limit for `floodMs`. */
export type MessageVerdict = 'admitted' | 'refused' | 'flooding';

/** Limits the messages of one client. */
export class MessageLimiter {
  readonly #bucket: TokenBucket;
  readonly #floodMs: number;
  #overSince = 0;
  #lastRefusedAt = Number.NEGATIVE_INFINITY;

  constructor(limits: MessageLimits) {
    this.#bucket = new TokenBucket(limits);
    this.#floodMs = limits.floodMs;
  }

  /** Of a message, or of a ping: it costs as much to read, so it counts as one. */
  admit(now: number): MessageVerdict {
    if (this.#bucket.take(now)) return 'admitted';
    // A second without a refusal is an end of the flood: one long burst a minute is not a flood of a minute.
    if (now - this.#lastRefusedAt > 1000) this.#overSince = now;
    this.#lastRefusedAt = now;
    return now - this.#overSince >= this.#floodMs ? 'flooding' : 'refused';
  }
}

/** Messages that are acted on even over the rate, such as a HALT: a flood of others must not drop them. */
export interface UrgentTypes {
  /** Values of `type` in JSON messages. */
  readonly types: readonly string[];
  /** Whether one of that type is valid: an invalid one must not take the place of the next. */
  readonly isWellFormed: (message: JsonObject) => boolean;
}

/** Of a flood of urgent messages one passes at once, and then one a second: each may cause a request elsewhere. */
const urgentEveryMs = 1000;
/** Larger ones are not parsed: urgent messages are short. */
const urgentMaxBytes = 4096;

/** Rate limit for the messages of one client. Made with its first message, since most clients send none. */
export class Incoming extends MessageLimiter {
  readonly #urgent: UrgentTypes | undefined;
  readonly #passing: Throttle | undefined;

  constructor(limits: MessageLimits, urgent: UrgentTypes | undefined, clock: Clock) {
    super(limits);
    this.#urgent = urgent;
    this.#passing = urgent && new Throttle(urgentEveryMs, clock);
  }

  /**
   * Has a message over the rate acted on where it is urgent, now or within a second, unless a later one takes its place.
   * @returns whether it was acted on at once; false for one that waits, too, so that a flood of them ends as any does
   */
  takeUrgent(data: Buffer, isBinary: boolean, act: (data: Buffer) => void): boolean {
    return this.#isUrgent(data, isBinary) && this.#passing?.take(() => act(data)) === true;
  }

  /** Cheap enough for a flood. */
  #isUrgent(data: Buffer, isBinary: boolean): boolean {
    if (this.#urgent === undefined || isBinary || data.length > urgentMaxBytes) return false;
    const { types, isWellFormed } = this.#urgent;
    if (!types.some((type) => data.includes(type))) return false;
    const parsed = parseUntrusted(data.toString('utf8'), { nonFinite: 'null' });
    if (!parsed.ok || !isJsonObject(parsed.value)) return false;
    const { type } = parsed.value;
    return typeof type === 'string' && types.includes(type) && isWellFormed(parsed.value);
  }

  /** Has a waiting message acted on now: its client is gone and cannot repeat it. */
  flush(): void {
    this.#passing?.flush();
  }
}
