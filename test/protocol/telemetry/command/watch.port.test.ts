import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/core/json.ts';
import { startEngineServer } from '../../../source/engine-server.ts';
import { connectClient, valueAt } from '../../../support/client.ts';
import { startGateway } from '../../../support/gateway.ts';
import { createManualClock } from '../../../support/manual-clock.ts';
import { secretToken, testClaims, testSecret } from '../../../support/tokens.ts';
import { type TestScope, useIn, waitFor } from '../../../support/wait.ts';

/** An engine that says yes to every command, and does as the test says. */
async function startObstinateEngine(test: TestScope) {
  const engine = { status: 'ACTIVE', url: '' };
  const server = await useIn(
    test,
    startEngineServer((request, response) => {
      const state = { status: engine.status, timestamp: new Date().toISOString(), market: { symbol: 'SPY' } };
      request
        .resume()
        .on('end', () => response.end(JSON.stringify(request.method === 'POST' ? { ok: true } : state)));
    }),
  );
  engine.url = server.url;
  return engine;
}

async function documentOf(answer: Promise<Response>): Promise<JsonObject> {
  return JSON.parse(await (await answer).text());
}

describe('A halt in the documents', () => {
  it('says who, why and since when, to every client whatever its view', async (test) => {
    const settings = { AUTH_JWT_SECRET: testSecret };
    const { url, wsUrl } = await useIn(test, startGateway({ settings }));
    const viewer = {
      authorization: `Bearer ${await secretToken(testClaims({ sub: 'bob', role: 'viewer' }))}`,
    };
    const operator = {
      authorization: `Bearer ${await secretToken(testClaims({ sub: 'ann', role: 'operator' }))}`,
    };
    const views = ['/', '/?mode=delta', '/?sections=logs', '/?interval=pause', '/?symbol=QQQ'];
    const clients = await Promise.all(
      views.map((view) => useIn(test, connectClient(wsUrl + view, { headers: viewer }))),
    );
    await Promise.all(clients.map((client) => client.nextOf('WELCOME')));
    const halted = await fetch(`${url}/api/telemetry/halt`, {
      method: 'POST',
      headers: { ...operator, 'content-type': 'application/json' },
      body: '{"reason":"drill"}',
    });
    expect(halted.status).toBe(200);
    const shown = { by: 'ann', role: 'operator', reason: 'drill', at: expect.stringMatching(/^20.*Z$/) };
    for (const [index, client] of clients.entries()) {
      const isShown = ({ body }: { readonly body: JsonObject }) =>
        valueAt(body, 'data', 'sources', 'state', 'halt') ??
        valueAt(body, 'patch', 'sources', 'state', 'halt');
      const packet = await client.next((message) => isShown(message) !== undefined);
      expect(isShown(packet), views[index]).toEqual(shown);
    }
    await fetch(`${url}/api/telemetry/resume`, { method: 'POST', headers: operator });
    await waitFor('the halt to be over', async () => {
      const document = await documentOf(fetch(`${url}/api/telemetry`, { headers: viewer }));
      return valueAt(document, 'sources', 'state', 'halt') === undefined;
    });
  });

  it('says neither who nor why where everyone may look', async (test) => {
    const { url } = await useIn(test, startGateway({ settings: { ALLOW_COMMANDS: 'true' } }));
    await fetch(`${url}/api/telemetry/halt`, { method: 'POST' });
    const document = await documentOf(fetch(`${url}/api/telemetry`));
    expect(valueAt(document, 'sources', 'state', 'halt')).toEqual({
      role: 'viewer',
      at: expect.stringMatching(/^20.*Z$/),
    });
  });

  it('is contradicted by an engine that goes on, until it agrees', async (test) => {
    const engine = await startObstinateEngine(test);
    const clock = createManualClock();
    const settings = { ALLOW_COMMANDS: 'true', ENGINE_URL: engine.url };
    const { url, wsUrl, log } = await useIn(test, startGateway({ settings, engine: false, clock }));
    const client = await useIn(test, connectClient(`${wsUrl}/?interval=pause`));
    const contradicted = ({ body }: { readonly body: JsonObject }) =>
      valueAt(body, 'data', 'sources', 'state', 'contradicted');
    /** Time passes while the network has its turns. */
    const passUntil = (what: string, isSo: () => Promise<boolean>) =>
      waitFor(what, async () => {
        clock.advance(50);
        return await isSo();
      });
    const isShown = async () => {
      const document = await documentOf(fetch(`${url}/api/telemetry`));
      return valueAt(document, 'sources', 'state', 'contradicted') === true;
    };
    await passUntil('a state', async () => (await fetch(`${url}/readyz`)).status === 200);
    expect((await fetch(`${url}/api/telemetry/halt`, { method: 'POST' })).status).toBe(200);
    await passUntil('the contradiction', isShown);
    // Urgent news: also for who asked for nothing else.
    await client.next((message) => contradicted(message) === true);
    const audited = log.entries.filter(({ fields }) => fields.audit === true);
    expect(audited.map(({ fields }) => fields.outcome)).toEqual(['ACK', 'CONTRADICTED']);
    expect(log.entries.filter(({ level }) => level === 'error')).toHaveLength(1);
    engine.status = 'HALT';
    await passUntil('the engine to agree', async () => !(await isShown()));
  });
});
