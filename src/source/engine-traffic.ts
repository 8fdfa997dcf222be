import type { Clock } from '../core/clock.ts';
import type { EngineClient } from './engine-client.ts';
import type { SourceBoard } from './freshness.ts';
import { PollFailure } from './poll-failure.ts';
import { SuccessRate } from './success-rate.ts';

export interface EngineFigures {
  /** Requests since the start, those under way included. */
  readonly requestCount: number;
  /** 0 to 100: requests that ended well, of those that ended in the last 60 s. 100 where there was none. */
  readonly successPercent: number;
  /** ms that the last request took which the engine answered, with whatever status; undefined before that. */
  readonly latencyMs: number | undefined;
  /** When a poll last gave what could be used, epoch ms; undefined before that. */
  readonly lastSuccessAt: number | undefined;
}

/** How the gateway gets on with its engine. */
export interface EngineTraffic {
  /** To be used in place of the client given: what goes through it is counted. */
  readonly client: EngineClient;
  figures(): EngineFigures;
  /** Calls the listener when a poll fails whose source was well until then, and when it is well again. */
  onTurn(listener: () => void): () => void;
}

export interface EngineTrafficOptions {
  readonly client: EngineClient;
  /** Knows how the polls end: an answer that came is not yet one that can be used. */
  readonly board: SourceBoard;
  readonly clock: Clock;
}

/** The one source that is not polled from the engine. */
const redis = 'redis';

export function createEngineTraffic({ client, board, clock }: EngineTrafficOptions): EngineTraffic {
  const listeners = new Set<() => void>();
  const failing = new Set<string>();
  const rate = new SuccessRate();
  let requestCount = 0;
  let latencyMs: number | undefined;
  let lastSuccessAt: number | undefined;

  board.onOutcome((name, succeeded) => {
    if (name === redis) return;
    if (succeeded) lastSuccessAt = clock.now();
    if (failing.has(name) !== succeeded) return;
    if (succeeded) failing.delete(name);
    else failing.add(name);
    for (const listener of listeners) listener();
  });

  const get = async (path: string, signal: AbortSignal): Promise<string> => {
    const startedAt = clock.monotonic();
    const ended = (succeeded: boolean, answered: boolean): void => {
      const now = clock.monotonic();
      rate.add(now, succeeded);
      if (answered) latencyMs = now - startedAt;
    };
    requestCount += 1;
    try {
      const body = await client.get(path, signal);
      ended(true, true);
      return body;
    } catch (error) {
      ended(false, error instanceof PollFailure && error.status !== undefined);
      throw error;
    }
  };

  return {
    client: { get, close: () => client.close() },
    figures: () => ({
      requestCount,
      successPercent: rate.percent(clock.monotonic()),
      latencyMs,
      lastSuccessAt,
    }),
    onTurn(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
