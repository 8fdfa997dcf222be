import type { Dispatcher } from 'undici';
import type { Clock } from '../core/clock.ts';
import { problemDocument, Refusal } from '../core/errors.ts';
import type { Meter } from '../core/meter.ts';
import type { EngineClient, ForwardedAnswer, ForwardedRequest, PollLane } from './engine-client.ts';
import { type Asker, type EnginePlace, EnginePlaces } from './engine-places.ts';
import { PollFailure } from './poll-failure.ts';
import type { SourceBoard } from './source-board.ts';
import { SuccessRate } from './success-rate.ts';

export interface EngineFigures {
  /** Requests since the start, those under way included. */
  readonly requestCount: number;
  /** 0 to 100: requests that ended well, of those that ended well or badly in the last 60 s. 100 where none did. */
  readonly successPercent: number;
  /** ms that the last poll took which the engine answered, with whatever status; undefined before that. */
  readonly latencyMs: number | undefined;
  /** When a poll last gave what could be used, epoch ms; undefined before that. */
  readonly lastSuccessAt: number | undefined;
}

/** Answers a client at its bound (RFC 6585 §4), so that requests do not pile up behind an engine that hangs. */
export const tooManyForEngine = new Refusal('TOO_MANY_REQUESTS', {
  detail: 'too many requests wait for the engine already: of this client, for this path, or in all',
  retryAfterS: 1,
});

/**
 * The one owner of the engine's connections, except for commands, each of which has a connection of its own. Sources,
 * REST twins and the pass-through all ask the engine through it. It bounds what clients may ask at once and keeps the
 * figures of the gateway's requests.
 */
export class Engine {
  readonly #client: Pick<EngineClient, 'get' | 'ask' | 'forward' | 'close'>;
  readonly #board: Pick<SourceBoard, 'lastAnswerAt'>;
  readonly #clock: Clock;
  readonly #meter: Meter;
  readonly #asked = new EnginePlaces();
  readonly #forwarded = new EnginePlaces();
  readonly #rate = new SuccessRate();
  #requestCount = 0;
  #latencyMs: number | undefined;

  constructor(parts: {
    readonly client: Pick<EngineClient, 'get' | 'ask' | 'forward' | 'close'>;
    /** Knows when an answer could last be used, which an HTTP 200 alone does not tell. */
    readonly board: Pick<SourceBoard, 'lastAnswerAt'>;
    readonly clock: Clock;
    readonly meter: Meter;
  }) {
    this.#client = parts.client;
    this.#board = parts.board;
    this.#clock = parts.clock;
    this.#meter = parts.meter;
  }

  /** For polls: as `EngineClient.get`. */
  async get(path: string, signal: AbortSignal, lane?: PollLane): Promise<string> {
    const startedAt = this.#clock.monotonic();
    const ended = (succeeded: boolean, answered: boolean): void => {
      const now = this.#clock.monotonic();
      this.#rate.add(now, succeeded);
      if (answered) this.#latencyMs = now - startedAt;
    };
    this.#requestCount += 1;
    try {
      const body = await this.#client.get(path, signal, lane);
      ended(true, true);
      return body;
    } catch (error) {
      ended(false, error instanceof PollFailure && error.status !== undefined);
      throw error;
    }
  }

  /**
   * For one of the gateway's clients: the engine's answer, whatever its status; 429 in its place where the asker has
   * its share under way already, which is not counted as a request. A 4xx, or a client that goes away, is neither a
   * success nor a failure of the engine; the latency is that of polls alone.
   * @throws PollFailure as `EngineClient.ask` does
   */
  async ask(path: string, signal: AbortSignal, asker: Asker): Promise<ForwardedAnswer> {
    const place = await this.#place(this.#asked, asker, signal).catch(() => {
      throw new PollFailure('timeout', 'no complete answer in time');
    });
    if (place === undefined) return tooManyAnswer();
    this.#requestCount += 1;
    try {
      const answer = await this.#client.ask(path, signal);
      const { status } = answer;
      if (status < 400 || status >= 500) this.#rate.add(this.#clock.monotonic(), status < 400);
      return answer;
    } catch (error) {
      if (isFailureOfEngine(error, signal)) this.#rate.add(this.#clock.monotonic(), false);
      throw error;
    } finally {
      place.release();
    }
  }

  /**
   * A place to `forward` one request with; undefined: the asker has its share under way already.
   * @throws the signal's reason, where it is aborted before
   */
  placeFor(asker: Asker, signal: AbortSignal): Promise<EnginePlace | undefined> {
    return this.#place(this.#forwarded, asker, signal);
  }

  /** Passes a request on as it is. To be called with a place only. Not counted in the figures. */
  forward(request: ForwardedRequest): Promise<Dispatcher.ResponseData> {
    return this.#client.forward(request);
  }

  figures(): EngineFigures {
    return {
      requestCount: this.#requestCount,
      successPercent: this.#rate.percent(this.#clock.monotonic()),
      latencyMs: this.#latencyMs,
      lastSuccessAt: this.#board.lastAnswerAt,
    };
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  async #place(places: EnginePlaces, asker: Asker, signal: AbortSignal): Promise<EnginePlace | undefined> {
    const place = await places.take(asker, signal);
    if (place === undefined) {
      this.#meter.count('bff_rejected_total', { edge: 'forward', reason: 'too_many' });
    }
    return place;
  }
}

/** A problem as the gateway words it (RFC 9457), in the place of the engine's answer. */
function tooManyAnswer(): ForwardedAnswer {
  const problem = problemDocument(tooManyForEngine.code, { detail: tooManyForEngine.detail });
  return {
    status: problem.status,
    contentType: 'application/problem+json',
    retryAfter: String(tooManyForEngine.retryAfterS),
    body: JSON.stringify(problem),
  };
}

/** Whether the engine was not reached or took too long, rather than the client having gone away. */
function isFailureOfEngine(error: unknown, { reason }: AbortSignal): boolean {
  if (!(error instanceof PollFailure)) return true;
  if (error.reason === 'connect') return true;
  return error.reason === 'timeout' && reason instanceof Error && reason.name === 'TimeoutError';
}
