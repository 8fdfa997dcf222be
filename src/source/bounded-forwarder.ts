import { problemDocument } from '../core/errors.ts';
import type { Meter } from '../core/meter.ts';
import type { EngineAnswer, EngineForwarder } from './engine-client.ts';
import { type Asker, EnginePlaces } from './engine-places.ts';
import { PollFailure } from './poll-failure.ts';

/** Asks the engine on behalf of clients, each of which has its share of what the engine is asked at once. */
export interface SharedForwarder {
  /**
   * The engine's answer, whatever its status; 429 in its place where the asker has its share under way already.
   * @throws PollFailure as EngineForwarder does
   */
  ask(path: string, signal: AbortSignal, asker: Asker): Promise<EngineAnswer>;
}

const tryAgainInS = '1';

/**
 * Answers in the engine's place where too many requests wait for it already: 429 with `Retry-After` (RFC 6585 §4),
 * a problem as the gateway words it (RFC 9457). An engine that hangs would otherwise have them pile up.
 */
export function createBoundedForwarder(forwarder: EngineForwarder, meter: Meter): SharedForwarder {
  const places = new EnginePlaces();
  return {
    async ask(path, signal, asker) {
      const place = await places.take(asker, signal).catch(() => {
        throw new PollFailure('timeout', 'no complete answer in time');
      });
      if (place === undefined) {
        meter.count('bff_rejected_total', { edge: 'forward', reason: 'too_many' });
        return tooMany();
      }
      try {
        return await forwarder.ask(path, signal);
      } finally {
        place.release();
      }
    },
  };
}

function tooMany(): EngineAnswer {
  const problem = problemDocument('TOO_MANY_REQUESTS', { detail: tooManyDetail });
  return {
    status: problem.status,
    contentType: 'application/problem+json',
    retryAfter: tryAgainInS,
    body: JSON.stringify(problem),
  };
}

export const tooManyDetail =
  'too many requests wait for the engine already: of this client, for this path, or in all';
