import type { JsonObject } from '../../src/core/json.ts';
import { MemoryEvents } from '../../src/source/events.ts';
import { connectClient, type TestClient, valueAt } from './client.ts';
import { openEventStream } from './event-stream-client.ts';
import { type StartOptions, startGateway } from './gateway.ts';
import { type SymbolEngine, startSymbolEngine } from './symbol-engine.ts';
import { type TestScope, useIn, waitFor } from './wait.ts';

/** No tick but the one at the start, which no busy machine may miss: what moves, the test moves. */
const still = { POLL_CRON: '0 0 0 1 1 *', POLL_TIMEOUT_MS: '10000', MAX_RATE_HZ: '0' };

/** A gateway whose document changes by the test's events only, between a real engine and real clients. */
export async function setUpViews(
  test: TestScope,
  { settings = {}, ...options }: Omit<StartOptions, 'engine' | 'events'> = {},
) {
  const engine: SymbolEngine = await useIn(test, startSymbolEngine());
  const events = new MemoryEvents();
  const gateway = await useIn(
    test,
    startGateway({
      ...options,
      events,
      engine: false,
      settings: { ENGINE_URL: engine.url, ...still, ...settings },
    }),
  );
  const connect = (query = '', more = {}): Promise<TestClient> =>
    useIn(test, connectClient(`${gateway.wsUrl}/${query}`, more));
  const openStream = (query = '', headers = {}) =>
    useIn(test, openEventStream(`${gateway.url}/api/stream/telemetry${query}`, headers));
  const snapshot = async (query = ''): Promise<JsonObject> =>
    (await (await fetch(`${gateway.url}/api/telemetry${query}`)).json()) as JsonObject;
  await waitFor('the first poll of everything', async () => {
    const document = await snapshot();
    return ['state', 'agents', 'models'].every(
      (source) => valueAt(document, 'sources', source, 'status') === 'fresh',
    );
  });
  return {
    engine,
    gateway,
    connect,
    openStream,
    snapshot,
    publish: (event: JsonObject): void => events.publish('state_update', JSON.stringify(event)),
    renditions: async () => (await gateway.metrics()).value('bff_renditions'),
  };
}
