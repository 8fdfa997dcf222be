import { problemDocument } from '../core/errors.ts';
import type { Meter } from '../core/meter.ts';
import type { EngineAnswer, EngineForwarder } from './engine-client.ts';

/** Sent and waiting for a connection. Those of an engine that is well are answered within milliseconds. */
const maxUnderWay = 128;
const tryAgainInS = '1';

/**
 * Answers in the engine's place where too many requests wait for it already: 429 with `Retry-After` (RFC 6585 §4),
 * a problem as the gateway words it (RFC 9457). An engine that hangs would otherwise have them pile up.
 */
export function createBoundedForwarder(forwarder: EngineForwarder, meter: Meter): EngineForwarder {
  let underWay = 0;
  return {
    async ask(path, signal) {
      if (underWay >= maxUnderWay) {
        meter.count('bff_rejected_total', { edge: 'forward', reason: 'too_many' });
        return tooMany();
      }
      underWay += 1;
      try {
        return await forwarder.ask(path, signal);
      } finally {
        underWay -= 1;
      }
    },
  };
}

function tooMany(): EngineAnswer {
  const problem = problemDocument('TOO_MANY_REQUESTS', {
    detail: `${maxUnderWay} requests wait for the engine already`,
  });
  return {
    status: problem.status,
    contentType: 'application/problem+json',
    retryAfter: tryAgainInS,
    body: JSON.stringify(problem),
  };
}
