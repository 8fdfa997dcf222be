import { type Clock, systemClock } from '../../src/core/clock.ts';
import type { JsonValue } from '../../src/core/json.ts';
import { PollFailure } from '../../src/source/poll-failure.ts';
import { Poller, type PollResult } from '../../src/source/poller.ts';
import { createMemoryMeter } from '../support/memory-meter.ts';
import { within } from '../support/wait.ts';

const refused = () => new PollFailure('connect', 'ECONNREFUSED', { retryable: true });

/** A poller whose client answers as the test says. */
export function setUpPoller({
  timeoutMs = 5000,
  clock = systemClock,
}: {
  timeoutMs?: number;
  clock?: Clock;
} = {}) {
  const meter = createMemoryMeter();
  let attempts = 0;
  let answer: (signal: AbortSignal) => Promise<string> = async () => '{"price":1}';
  const poller = new Poller<JsonValue>({
    name: 'state',
    path: '/api/state?token=hunter2',
    timeoutMs,
    engine: {
      get: (_path, signal) => {
        attempts += 1;
        return answer(signal);
      },
    },
    clock,
    meter,
    read: (value) => value,
  });
  const poll = async (): Promise<PollResult<JsonValue>> => {
    const outcome = poller.poll();
    if (outcome === undefined) throw new Error('the poller was busy');
    return await within('the poll', outcome);
  };
  return {
    meter,
    poller,
    poll,
    answerWith: (next: (signal: AbortSignal) => Promise<string>) => {
      answer = next;
    },
    get attempts() {
      return attempts;
    },
  };
}

export const failing = async (): Promise<string> => {
  throw refused();
};
