import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/core/json.ts';
import { startEngineServer } from '../../../source/engine-server.ts';
import { connectClient, valueAt } from '../../../support/client.ts';
import { startGateway } from '../../../support/gateway.ts';
import { createManualClock } from '../../../support/manual-clock.ts';
import { type TestScope, useIn, waitFor } from '../../../support/wait.ts';
import { engineAnswers } from './engine-answers.ts';

const settings = { ALLOW_COMMANDS: 'true' };

describe('HALT and RESUME', () => {
  it('reach the engine, are acknowledged with its answer, and show in the document of everyone', async (test) => {
    const { wsUrl, engine, log } = await useIn(test, startGateway({ settings }));
    const operator = await useIn(test, connectClient(wsUrl));
    const viewer = await useIn(test, connectClient(wsUrl));
    await viewer.next(({ body }) => valueAt(body, 'data', 'status') === 'ACTIVE');
    operator.send({ type: 'HALT', reason: 'drill', requestId: 'h' });
    expect((await operator.nextOf('ACK')).body).toMatchObject({ command: 'HALT', requestId: 'h' });
    await viewer.next(({ body }) => valueAt(body, 'data', 'status') === 'HALT');
    expect(engine.market.status()).toBe('HALT');
    operator.send({ type: 'RESUME', requestId: 'r' });
    expect((await operator.nextOf('ACK')).body).toMatchObject({ command: 'RESUME', requestId: 'r' });
    await viewer.next(({ body }) => valueAt(body, 'data', 'status') === 'ACTIVE');
    const audited = log.entries.filter(({ fields }) => fields.audit === true);
    expect(audited.map(({ fields }) => fields.command)).toEqual(['HALT', 'RESUME']);
  });

  it('are told apart while the state is not fresh: a HALT gets through, a RESUME is STALE', async (test) => {
    const { wsUrl, url, engine } = await useIn(test, startGateway({ settings }));
    const client = await useIn(test, connectClient(wsUrl));
    engine.faults.apply({ kind: 'error', path: '/api/system/state' });
    await waitFor('a stale state', async () => {
      const health = await (await fetch(`${url}/health`)).json();
      return JSON.stringify(health).includes('"state":{"status":"stale"');
    });
    client.send({ type: 'HALT' });
    expect((await client.nextOf('ACK')).body).toMatchObject({ command: 'HALT' });
    client.send({ type: 'RESUME' });
    expect((await client.nextOf('ERROR')).body).toMatchObject({ command: 'RESUME', code: 'STALE' });
    expect(engine.market.status()).toBe('HALT');
  });

  it('are not kept from the engine by all else that their client says: a HALT is never over the rate', async (test) => {
    const { wsUrl, engine } = await useIn(test, startGateway({ settings }));
    const client = await useIn(test, connectClient(wsUrl));
    await client.nextOf('TELEMETRY');
    for (let index = 0; index < 200; index += 1) client.send({ type: 'PING' });
    client.send({ type: 'HALT', requestId: 'late' });
    expect((await client.nextOf('ACK')).body).toMatchObject({ command: 'HALT', requestId: 'late' });
    expect(engine.market.status()).toBe('HALT');
  });
});

/** An engine with a status and answers that the test chooses. */
async function startChosenEngine(test: TestScope) {
  const engine = { status: 'ACTIVE', answer: [200, ''] as readonly [number, string], polls: 0, url: '' };
  const server = await useIn(
    test,
    startEngineServer((request, response) => {
      request.resume().on('end', () => {
        const isState = request.url?.includes('/state') === true;
        if (isState) engine.polls += 1;
        const state = JSON.stringify({ status: engine.status, timestamp: new Date().toISOString() });
        const [status, body] = request.method === 'POST' ? engine.answer : [200, isState ? state : '{}'];
        response.writeHead(status, { 'content-type': 'application/json' }).end(body);
      });
    }),
  );
  engine.url = server.url;
  return engine;
}

/** Gives a command by both ways, one after the other, to a gateway whose time passes when the network is idle. */
async function setUp(test: TestScope) {
  const engine = await startChosenEngine(test);
  const clock = createManualClock();
  const settings = { ALLOW_COMMANDS: 'true', ENGINE_URL: engine.url };
  const { wsUrl, url } = await useIn(test, startGateway({ settings, clock }));
  const client = await useIn(test, connectClient(wsUrl));
  let seen = 0;
  let passedMs = 0;
  /** As far as the network keeps up, with a poll each second. */
  const passSome = (): void => {
    if (engine.polls !== seen) [seen, passedMs] = [engine.polls, 0];
    if (passedMs >= 1000) return;
    passedMs += 200;
    clock.advance(200);
  };
  const passTimeFor = async <Value>(what: string, wanted: Promise<Value>): Promise<Value> => {
    let value: { readonly is: Value } | undefined;
    void wanted.then((is) => {
      value = { is };
    });
    return (
      await waitFor(what, () => {
        if (value === undefined) passSome();
        return value;
      })
    ).is;
  };
  let id = 0;
  return {
    engine,
    async byWebSocket(command: string) {
      id += 1;
      const requestId = `${id}`;
      client.send({ type: command, requestId });
      const isAnswer = client.next(({ body }) => body.requestId === requestId);
      return (await passTimeFor(`an answer to ${command}`, isAnswer)).body;
    },
    async byHttp(command: string) {
      const wanted = fetch(`${url}/api/telemetry/${command.toLowerCase()}`, { method: 'POST' });
      const response = await passTimeFor(`an answer to ${command}`, wanted);
      const body: JsonObject = JSON.parse(await response.text());
      return { ...body, status: response.status };
    },
    freshState: () =>
      passTimeFor(
        'a fresh state',
        waitFor('a fresh state', async () => {
          const health: unknown = await (await fetch(`${url}/health`)).json();
          return JSON.stringify(health).includes('"state":{"status":"fresh"');
        }),
      ),
  };
}

describe('What the engine answers', () => {
  it('is told by WebSocket and by HTTP alike, for each row of the table', async (test) => {
    const { engine, byWebSocket, byHttp, freshState } = await setUp(test);
    await freshState();
    for (const [command, status, body, expected] of engineAnswers) {
      // Neither done nor the contrary, so that what counts is the answer.
      engine.status = 'DRAINING';
      engine.answer = [status, body];
      const row = `${command} ${status} ${body.slice(0, 60)}`;
      const [socket, http] = [await byWebSocket(command), await byHttp(command)];
      if (expected === 'ACK') {
        expect(socket, row).toMatchObject({ type: 'ACK', command });
        expect(http, row).toMatchObject({ status: 200, type: 'ACK', command });
      } else {
        // What says "not now" is tried again, and one more attempt may be out when the time is up.
        const told = [409, 429].includes(status) ? { code: expected.code } : expected;
        expect(socket, row).toMatchObject({ type: 'ERROR', command, ...told });
        expect(http, row).toMatchObject({ status: 502, ...told });
      }
    }
  });

  it('is an ACK where it is unclear, and the state shows the command done', async (test) => {
    const { engine, byWebSocket, byHttp, freshState } = await setUp(test);
    await freshState();
    for (const [command, done] of [
      ['HALT', 'HALT'],
      ['RESUME', 'ACTIVE'],
    ] as const) {
      engine.status = done;
      const unclear = engineAnswers.filter(
        ([of, , , expected]) => of === command && expected !== 'ACK' && expected.effect === 'unknown',
      );
      for (const [, status, body] of unclear) {
        engine.answer = [status, body];
        const row = `${command} ${status} ${body.slice(0, 60)}`;
        expect(await byWebSocket(command), row).toMatchObject({ type: 'ACK', command });
        expect(await byHttp(command), row).toMatchObject({ status: 200, type: 'ACK' });
      }
    }
  });
});
