import { describe, expect, it } from 'vitest';
import { startEngineServer } from '../source/engine-server.ts';
import { connectClient } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { stateOf } from '../support/symbol-engine.ts';
import { useIn, waitFor } from '../support/wait.ts';

const asks = 150;

describe('Requests of clients that the engine does not answer', () => {
  it('keep no source from being polled, and those over the bound are told so', async (test) => {
    const engine = await useIn(
      test,
      startEngineServer((request, response) => {
        if (request.url === '/api/instances') return;
        const isState = request.url?.startsWith('/api/system/state/current') ?? false;
        const body = isState ? stateOf('SPY', 500) : request.url?.startsWith('/api/instances') ? [] : {};
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      }),
    );
    const gateway = await useIn(
      test,
      startGateway({ engine: false, settings: { ENGINE_URL: engine.url, ALLOW_COMMANDS: 'true' } }),
    );
    const polls = (path: string): number => engine.requests.filter(({ url }) => url === path).length;
    const refused: Response[] = [];
    for (let count = 0; count < asks; count += 1) {
      const abort = new AbortController();
      test.onTestFinished(() => abort.abort());
      fetch(`${gateway.url}/api/instances`, { signal: abort.signal }).then(
        (response) => refused.push(response),
        () => {},
      );
    }
    await waitFor('the refusals', () => refused.length === asks - 32);
    for (const response of refused) {
      expect([response.status, response.headers.get('retry-after')]).toEqual([429, '1']);
      expect(await response.json()).toMatchObject({ code: 'TOO_MANY_REQUESTS' });
    }
    expect(polls('/api/instances')).toBe(4);

    const polled = polls('/api/system/state/current');
    const instances = await useIn(test, connectClient(`${gateway.wsUrl}/ws/instances`));
    expect((await instances.next()).body).toMatchObject({ instances: [] });
    const symbol = await useIn(test, connectClient(`${gateway.wsUrl}/?symbol=SPY`));
    await waitFor('further polls', () => polls('/api/system/state/current') >= polled + 4);
    await waitFor('polls of the symbol', () => polls('/api/system/state/current?symbol=SPY') >= 2);
    const health = await (await fetch(`${gateway.url}/health`)).json();
    expect(health).toMatchObject({
      sources: { state: { status: 'fresh' }, agents: { status: 'fresh' }, models: { status: 'fresh' } },
    });
    symbol.send({ type: 'RESUME', requestId: 'r' });
    const answer = await waitFor('the ACK', () => symbol.packets.find(({ type }) => type === 'ACK'));
    expect(answer.body).toMatchObject({ requestId: 'r' });
  });
});
