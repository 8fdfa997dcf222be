import { WebSocket } from 'ws';
import {
  createTelemetryClient,
  type TelemetryClient,
  type TelemetryClientOptions,
} from '../../src/client/index.ts';
import type { Timing } from '../../src/client/types.ts';
import type { TestScope } from '../support/wait.ts';

/**
 * Times so short that a test sees in a second what takes a client minutes. Not those that must not run out where
 * nothing is wrong, however busy the machine is.
 */
export const shortTiming: Timing = {
  heartbeatMs: 100,
  silenceMs: 10_000,
  staleMs: 5000,
  connectMs: 5000,
  backoffMs: 10,
  backoffMaxMs: 100,
  steadyMs: 100,
  pollMs: 30,
  tokenMarginMs: 1000,
  answerMs: 2000,
};

/** A client with the WebSocket of `ws` and short times, closed when the test is over. */
export function useClient(test: TestScope, options: TelemetryClientOptions): TelemetryClient {
  const client = createTelemetryClient({ WebSocket, timing: shortTiming, ...options });
  test.onTestFinished(() => client.close());
  return client;
}

/** As JSON says it: no difference between 0 and -0, none by the order of keys. */
export const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
