import type { Clock } from '../core/clock.ts';
import { errorMessage } from '../core/errors.ts';
import { isJsonObject, type JsonValue } from '../core/json.ts';
import type { Meter } from '../core/meter.ts';
import { parseUntrusted } from '../core/untrusted-json.ts';
import type { Engine } from './engine.ts';
import type { PollLane } from './engine-client.ts';
import { PollFailure, unreadable } from './poll-failure.ts';

export interface PollerOptions<Answer> {
  /** Name of the source: in `sources`, logs and metrics. */
  readonly name: string;
  /** Path on the engine, with a query where needed. */
  readonly path: string;
  /** Time for one poll, its second try included. */
  readonly timeoutMs: number;
  readonly engine: Pick<Engine, 'get'>;
  /** Whose connections it takes. Default `sources`. */
  readonly lane?: PollLane;
  readonly clock: Clock;
  readonly meter: Meter;
  /** Checks and normalises a body. Throws PollFailure('shape', …) for what it cannot take. */
  readonly read: (value: JsonValue) => Answer;
}

export type PollResult<Answer> =
  | {
      readonly ok: true;
      readonly answer: Answer;
      /** When the request that was answered was started, monotonic ms. */
      readonly startedAt: number;
    }
  | {
      readonly ok: false;
      readonly failure: PollFailure;
      /** Whether the breaker is open: this source counts as down. */
      readonly open: boolean;
    };

/** In a row. Then the breaker is open: the source is down and polls have no second try, but each tick still polls. */
const failuresToOpen = 5;
const retryAfterMs = 60;

/** Polls one endpoint of the engine, independently of other pollers. */
export class Poller<Answer> {
  readonly name: string;
  readonly #options: PollerOptions<Answer>;
  #failuresInARow = 0;
  #polling = false;

  constructor(options: PollerOptions<Answer>) {
    this.name = options.name;
    this.#options = options;
  }

  get isBusy(): boolean {
    return this.#polling;
  }

  /** Undefined while the previous poll has not ended. Never rejects. */
  poll(): Promise<PollResult<Answer>> | undefined {
    return this.#polling ? undefined : this.#run();
  }

  async #run(): Promise<PollResult<Answer>> {
    this.#polling = true;
    const { name, timeoutMs, clock, meter } = this.#options;
    const startedAt = clock.monotonic();
    const time = new AbortController();
    const cancel = clock.after(timeoutMs, () => time.abort());
    try {
      const result = await this.#attemptTwice(time.signal);
      // The process was suspended meanwhile: the answer is that old, though its timer has not fired yet.
      if (clock.monotonic() - startedAt > timeoutMs) throw new PollFailure('timeout', 'late');
      this.#failuresInARow = 0;
      return result;
    } catch (error) {
      this.#failuresInARow += 1;
      const failure = asFailure(error, timeoutMs);
      meter.count('bff_source_failures_total', { source: name, reason: failure.reason });
      return { ok: false, failure, open: this.#isOpen };
    } finally {
      cancel();
      this.#polling = false;
    }
  }

  get #isOpen(): boolean {
    return this.#failuresInARow >= failuresToOpen;
  }

  async #attemptTwice(signal: AbortSignal): Promise<PollResult<Answer>> {
    try {
      return await this.#attempt(signal);
    } catch (error) {
      if (!(error instanceof PollFailure && error.retryable) || this.#isOpen) throw error;
    }
    await pause(retryAfterMs, signal, this.#options.clock);
    return await this.#attempt(signal);
  }

  async #attempt(signal: AbortSignal): Promise<PollResult<Answer>> {
    const { name, path, engine, lane, clock, meter, read } = this.#options;
    const startedAt = clock.monotonic();
    const body = await engine.get(path, signal, lane);
    meter.observe('bff_source_latency_seconds', { source: name }, (clock.monotonic() - startedAt) / 1000);
    return { ok: true, answer: read(parseBody(body, meter)), startedAt };
  }
}

/** Resolves at once when the signal is aborted. */
function pause(ms: number, signal: AbortSignal, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const cancel = clock.after(ms, resolve);
    signal.addEventListener('abort', () => {
      cancel();
      resolve();
    });
  });
}

function asFailure(error: unknown, timeoutMs: number): PollFailure {
  if (!(error instanceof PollFailure)) {
    return new PollFailure('shape', 'the answer could not be read', { detail: errorMessage(error) });
  }
  if (error.reason !== 'timeout') return error;
  return new PollFailure('timeout', `no complete answer in ${timeoutMs} ms`, {
    detail: 'see POLL_TIMEOUT_MS',
  });
}

/** An engine that is up but has nothing to say answers 200 with `{"error": …, "status": "offline"}`. */
function parseBody(body: string, meter: Meter): JsonValue {
  if (body.trim() === '') throw new PollFailure('malformed', 'the answer is empty');
  const parsed = parseUntrusted(body, { nonFinite: 'null', exactIntegers: true });
  if (!parsed.ok) throw unreadable(parsed);
  const { value, nonFinite } = parsed;
  if (nonFinite.length > 0) {
    meter.count('bff_rejected_total', { edge: 'poll', reason: 'non_finite' }, nonFinite.length);
  }
  if (isJsonObject(value) && value.error !== undefined && value.status === 'offline') {
    throw new PollFailure('offline', 'the engine says it is offline');
  }
  return value;
}
