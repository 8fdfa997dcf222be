import type { Clock } from '../core/clock.ts';
import type { Meter } from '../core/meter.ts';
import { createBoundedForwarder, type SharedForwarder } from './bounded-forwarder.ts';
import type { EngineClient, EngineForwarder } from './engine-client.ts';
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

/** How the gateway gets on with its engine. */
export interface EngineTraffic {
  /** For polls, in place of the client given: what goes through it is counted. */
  readonly client: EngineClient;
  /**
   * For requests of the gateway's clients. They are counted, but who asks for what there is not, or goes away, has
   * the engine neither succeed nor fail, and how long it takes is not how long a poll takes. Those over the bound
   * are not, as the engine never hears of them.
   */
  readonly forwarder: SharedForwarder;
  figures(): EngineFigures;
}

export interface EngineTrafficOptions {
  readonly client: EngineClient & EngineForwarder;
  /** Knows which answers could be used: that one came does not say so. */
  readonly board: Pick<SourceBoard, 'lastAnswerAt'>;
  readonly clock: Clock;
  readonly meter: Meter;
}

export function createEngineTraffic({ client, board, clock, meter }: EngineTrafficOptions): EngineTraffic {
  const rate = new SuccessRate();
  let requestCount = 0;
  let latencyMs: number | undefined;

  const get: EngineClient['get'] = async (path, signal, lane) => {
    const startedAt = clock.monotonic();
    const ended = (succeeded: boolean, answered: boolean): void => {
      const now = clock.monotonic();
      rate.add(now, succeeded);
      if (answered) latencyMs = now - startedAt;
    };
    requestCount += 1;
    try {
      const body = await client.get(path, signal, lane);
      ended(true, true);
      return body;
    } catch (error) {
      ended(false, error instanceof PollFailure && error.status !== undefined);
      throw error;
    }
  };

  const ask: EngineForwarder['ask'] = async (path, signal) => {
    requestCount += 1;
    try {
      const answer = await client.ask(path, signal);
      const { status } = answer;
      if (status < 400 || status >= 500) rate.add(clock.monotonic(), status < 400);
      return answer;
    } catch (error) {
      if (isFailureOfEngine(error, signal)) rate.add(clock.monotonic(), false);
      throw error;
    }
  };

  return {
    client: { get, close: () => client.close() },
    forwarder: createBoundedForwarder({ ask }, meter),
    figures: () => ({
      requestCount,
      successPercent: rate.percent(clock.monotonic()),
      latencyMs,
      lastSuccessAt: board.lastAnswerAt,
    }),
  };
}

/** Whether it was not reached, or took too long: not where the client went away, or the answer does not suit us. */
function isFailureOfEngine(error: unknown, { reason }: AbortSignal): boolean {
  if (!(error instanceof PollFailure)) return true;
  if (error.reason === 'connect') return true;
  return error.reason === 'timeout' && reason instanceof Error && reason.name === 'TimeoutError';
}
