import type { JsonObject } from '../../../src/core/json.ts';
import { HistoryBudget, historyDefaults } from '../../../src/feed/history.ts';
import { createTelemetryDocument, documentDefaults } from '../../../src/protocol/telemetry/document.ts';
import type { EngineClient } from '../../../src/source/engine-client.ts';
import { createSourceBoard } from '../../../src/source/freshness.ts';
import { PollFailure } from '../../../src/source/poll-failure.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { createMemoryLog } from '../../support/memory-log.ts';
import { createMemoryMeter } from '../../support/memory-meter.ts';
import { type TestScope, waitFor } from '../../support/wait.ts';

type Name = 'state' | 'agents' | 'models';
const paths: Readonly<Record<Name, string>> = {
  state: '/api/system/state/current',
  agents: '/api/system/metrics/agents',
  models: '/api/system/metrics/models',
};

/** A document whose polls wait for the test's answers; its own schedule comes once a year. */
export function setUpDocument(test: TestScope, pollCron = '0 0 0 1 1 *') {
  const clock = createManualClock();
  const waiting = new Map<string, { resolve: (body: string) => void; reject: (error: Error) => void }>();
  const client: EngineClient = {
    get: (path) => new Promise((resolve, reject) => waiting.set(path, { resolve, reject })),
    close: async () => {},
  };
  const log = createMemoryLog();
  const meter = createMemoryMeter();
  const board = createSourceBoard({ clock, log, meter });
  const document = createTelemetryDocument(
    { ...documentDefaults, pollCron, pollTimeoutMs: 60_000 },
    { client, board, budget: new HistoryBudget(historyDefaults), clock, log, meter },
  );
  test.onTestFinished(() => {
    document.close();
    board.close();
  });
  const take = async (name: Name) => {
    const request = await waitFor(`a poll of ${name}`, () => waiting.get(paths[name]));
    waiting.delete(paths[name]);
    return request;
  };
  const { feed } = document;
  return {
    clock,
    log,
    document,
    feed,
    isWaiting: (name: Name) => waiting.has(paths[name]),
    answer: async (name: Name, body: JsonObject) => (await take(name)).resolve(JSON.stringify(body)),
    fail: async (name: Name) => (await take(name)).reject(new PollFailure('status', 'HTTP 500')),
    event: (body: JsonObject) => document.onEvent(Buffer.from(JSON.stringify(body))),
    shown: () => feed.current.document,
    version: (seq: number) =>
      waitFor(`version ${seq}`, () => (feed.current.seq >= seq ? feed.current : undefined)),
  };
}
