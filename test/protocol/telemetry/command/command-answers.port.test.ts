import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/core/json.ts';
import { connectClient } from '../../../support/client.ts';
import { startGateway } from '../../../support/gateway.ts';
import { createManualClock } from '../../../support/manual-clock.ts';
import { type TestScope, useIn, waitFor } from '../../../support/wait.ts';
import { engineAnswers } from '../document/engine-answers.ts';

/** An engine over real HTTP with a status and answers that the test chooses. */
async function startEngine(test: TestScope) {
  const engine = { status: 'ACTIVE', answer: [200, ''] as readonly [number, string], polls: 0, url: '' };
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const path = request.url ?? '';
      const isCommand = request.method === 'POST';
      if (path.includes('/state')) engine.polls += 1;
      const state = JSON.stringify({ status: engine.status, timestamp: new Date().toISOString() });
      const [status, body] = isCommand ? engine.answer : [200, path.includes('/state') ? state : '{}'];
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address !== null && typeof address === 'object') engine.url = `http://127.0.0.1:${address.port}`;
  test.onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return engine;
}

/** Gives a command by both ways, one after the other, to a gateway whose time passes when the network is idle. */
async function setUp(test: TestScope) {
  const engine = await startEngine(test);
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
