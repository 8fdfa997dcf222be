import type { JsonObject } from '../../../../src/core/json.ts';
import { Documents } from '../../../../src/protocol/telemetry/document/documents.ts';
import { StateRemarks } from '../../../../src/protocol/telemetry/document/state-remarks.ts';
import type { TelemetrySettings } from '../../../../src/protocol/telemetry/settings.ts';
import { loadSettings } from '../../../../src/settings.ts';
import type { Engine } from '../../../../src/source/engine.ts';
import { PollFailure } from '../../../../src/source/poll-failure.ts';
import { createTestContext } from '../../../support/context.ts';
import { type TestScope, waitFor } from '../../../support/wait.ts';

/** A source that every engine has, the state of a symbol, or the path of a further source. */
type Name = 'state' | 'agents' | 'models' | `state of ${string}` | `/${string}`;

function pathOf(name: Name): string {
  if (name.startsWith('/')) return name;
  if (name === 'agents' || name === 'models') return `/api/system/metrics/${name}`;
  const path = '/api/system/state/current';
  return name === 'state'
    ? path
    : `${path}?${new URLSearchParams({ symbol: name.slice('state of '.length) })}`;
}

/** Documents whose polls wait for the test's answers; their own schedule comes once a year. */
export function setUpDocuments(test: TestScope, options: Partial<TelemetrySettings> = {}, maxViews?: number) {
  const context = createTestContext({ maxViews });
  const { clock, log, meter, board, feeds } = context;
  const requests: string[] = [];
  const waiting = new Map<string, { resolve: (body: string) => void; reject: (error: Error) => void }>();
  const engine: Pick<Engine, 'get'> = {
    get: (path) =>
      new Promise((resolve, reject) => {
        requests.push(path);
        waiting.set(path, { resolve, reject });
      }),
  };
  const remarks = new StateRemarks();
  const documents = new Documents(
    { ...loadSettings({ env: {} }), POLL_CRON: '0 0 0 1 1 *', POLL_TIMEOUT_MS: 60_000, ...options },
    { engine, board, feeds, remarks, clock, log, meter },
  );
  test.onTestFinished(() => {
    documents.close();
    board.close();
  });
  const take = async (name: Name) => {
    const request = await waitFor(`a poll of ${name}`, () => waiting.get(pathOf(name)));
    waiting.delete(pathOf(name));
    return request;
  };
  const { feed } = documents.engine;
  return {
    ...context,
    ...{ documents, remarks, feed },
    /** How often the engine was asked. */
    asked: (name: Name) => requests.filter((path) => path === pathOf(name)).length,
    isWaiting: (name: Name) => waiting.has(pathOf(name)),
    answer: async (name: Name, body: JsonObject) => (await take(name)).resolve(JSON.stringify(body)),
    fail: async (name: Name, status = 500) =>
      (await take(name)).reject(new PollFailure('status', `HTTP ${status}`, { status })),
    event: (body: JsonObject | string) =>
      documents.onEvent(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))),
    refused: (reason: string) => meter.value('bff_rejected_total', { edge: 'event', reason }),
    shown: () => feed.current.document,
    version: (seq: number) =>
      waitFor(`version ${seq}`, () => (feed.current.seq >= seq ? feed.current : undefined)),
  };
}
