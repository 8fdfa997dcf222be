import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/core/json.ts';
import { MemoryEvents } from '../../../../src/source/events.ts';
import { startGateway } from '../../../support/gateway.ts';
import { startScriptedEngine } from '../../../support/scripted-engine.ts';
import { type TestScope, useIn, waitFor } from '../../../support/wait.ts';

const figures = { nav: 100, cash: 50, daily_pnl: -7.5, max_drawdown: -0.1 };

/** A gateway whose engine has not answered yet. */
async function setUp(test: TestScope) {
  const engine = await useIn(test, startScriptedEngine());
  const events = new MemoryEvents();
  const settings = { ENGINE_URL: engine.url, POLL_TIMEOUT_MS: '20000' };
  const gateway = await useIn(test, startGateway({ engine: false, events, settings }));
  const ask = async (path: string, headers = {}) => {
    const response = await fetch(`${gateway.url}/api/telemetry${path}`, { headers });
    const state = response.headers.get('x-telemetry-state');
    return { state, etag: response.headers.get('etag'), body: await response.text() };
  };
  const publish = (event: JsonObject) => events.publish('state_update', JSON.stringify(event));
  return { engine, ask, publish };
}

describe('Before the engine ever answered', () => {
  it('REST answers say so, and the history is empty', async (test) => {
    const { ask, publish } = await setUp(test);
    publish({ market: { price: 451 } });
    const snapshot = await ask('');
    expect(snapshot.state).toBe('initializing');
    expect(JSON.parse(snapshot.body)).toMatchObject({ status: 'INITIALIZING', market: { price: 451 } });
    expect((await ask('', { 'if-none-match': snapshot.etag })).state).toBe('initializing');
    for (const query of ['/history', '/history?step=0', '/history?sections=portfolio']) {
      expect(await ask(query)).toMatchObject({ state: 'initializing', body: '[]' });
    }
  });

  it('a symbol that is polled for the first time says so as well', async (test) => {
    const { engine, ask } = await setUp(test);
    const answered = ask('/history?symbol=QQQ&step=0');
    await engine.nextRequest();
    (await engine.nextRequest()).answer({ status: 'ACTIVE', market: { symbol: 'QQQ', price: 1 } });
    const { state, body } = await answered;
    expect(state).toBeNull();
    expect(JSON.parse(body)).toMatchObject([{ data: { market: { symbol: 'QQQ', price: 1 } } }]);
  });
});

describe('Once the engine has answered', () => {
  it('the history begins with its figures, and has no zero from before', async (test) => {
    const { engine, ask, publish } = await setUp(test);
    publish({ market: { price: 451 } });
    engine.answerAll(() => ({ status: 'ACTIVE', portfolio: figures }));
    await waitFor('the answer', async () => (await ask('')).state === null);
    const points: readonly { data: JsonObject }[] = JSON.parse((await ask('/history?step=0')).body);
    expect(points[0]?.data).toMatchObject({ status: 'ACTIVE', portfolio: figures });
  });
});
