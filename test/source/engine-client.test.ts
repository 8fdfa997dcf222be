import { describe, expect, it } from 'vitest';
import type { PollLane } from '../../src/source/engine-client.ts';
import { PollFailure } from '../../src/source/poll-failure.ts';
import { type TestScope, waitFor, within } from '../support/wait.ts';
import { json, useEngine } from './engine-server.ts';

const never = new AbortController().signal;

async function failureOf(outcome: Promise<unknown>): Promise<PollFailure> {
  const error = await outcome.then(
    () => 'no failure',
    (reason: unknown) => reason,
  );
  if (!(error instanceof PollFailure)) throw new Error(`expected a PollFailure, got ${String(error)}`);
  return error;
}

describe('EngineClient', () => {
  it('returns the body of a good answer as it is', async (test) => {
    const { engine, client } = await useEngine(test);
    engine.answerWith(json('{"price":1,"regime":"Lévy"}'));
    expect(await client.get('/api/state', never)).toBe('{"price":1,"regime":"Lévy"}');
    expect(engine.requests[0]).toMatchObject({ method: 'GET', url: '/api/state' });
    expect(engine.requests[0]?.headers).toMatchObject({ accept: 'application/json' });
    expect(engine.requests[0]?.headers).not.toHaveProperty('authorization');
  });

  it('puts a character together that two chunks tore apart', async (test) => {
    const { engine, client } = await useEngine(test);
    const bytes = Buffer.from('"é"');
    engine.answerWith((_request, response) => {
      response.write(bytes.subarray(0, 2));
      setImmediate(() => response.end(bytes.subarray(2)));
    });
    expect(await client.get('/', never)).toBe('"é"');
  });

  // Two: undici lets a connection rest for one turn of the event loop before it uses it again.
  it('keeps two connections for requests that follow each other without a pause', async (test) => {
    const { engine, client } = await useEngine(test);
    for (let request = 0; request < 10; request++) await client.get('/', never);
    expect(engine.requests).toHaveLength(10);
    expect(engine.connections).toBeLessThanOrEqual(2);
  });

  it('keeps the connections after answers that are no success', async (test) => {
    const { engine, client } = await useEngine(test);
    engine.answerWith(json('{"detail":"no"}', 404));
    for (let request = 0; request < 10; request++) await failureOf(client.get('/', never));
    expect(engine.connections).toBeLessThanOrEqual(2);
  });

  it('sends the token and keeps the path of the base URL as a prefix', async (test) => {
    const { engine, client } = await useEngine(test, undefined, { path: '/engine/v1/', token: 'secret' });
    await client.get('/state?symbol=SPY', never);
    expect(engine.requests[0]?.url).toBe('/engine/v1/state?symbol=SPY');
    expect(engine.requests[0]?.headers.authorization).toBe('Bearer secret');
  });

  it.for([301, 302, 303, 307, 308])('takes %i as a failure and asks nowhere else', async (status, test) => {
    const { engine, client } = await useEngine(test);
    engine.answerWith((_request, response) => {
      response.writeHead(status, { location: `${engine.url}/stolen?token=secret` }).end('{"price":1}');
    });
    const failure = await failureOf(client.get('/', never));
    expect(failure).toMatchObject({ reason: 'redirect', retryable: false, status });
    expect(failure.message).not.toMatch(/127|stolen|secret/);
    expect(engine.requests).toHaveLength(1);
  });

  it.for<[number, boolean]>([
    [400, false],
    [401, false],
    [404, false],
    [429, false],
    [500, false],
    [502, true],
    [503, true],
    [504, true],
  ])('says of %i whether another try may help: %s', async ([status, retryable], test) => {
    const { client } = await useEngine(test, json('{"error":"hunter2"}', status));
    const failure = await failureOf(client.get('/x?token=hunter2', never));
    expect(failure).toMatchObject({
      reason: 'status',
      message: expect.stringMatching(`^the engine .* \\(HTTP ${status}\\)$`),
      status,
      retryable,
    });
  });

  it('asks again on a new connection once an engine that was gone is back', async (test) => {
    const { engine, client } = await useEngine(test);
    await client.get('/', never);
    await engine.stop();
    const failure = await failureOf(client.get('/x?token=hunter2', never));
    expect(failure).toMatchObject({ reason: 'connect', retryable: true });
    expect(failure.message).not.toMatch(/hunter2|127|http|:\d/);
    await engine.restart();
    expect(await client.get('/', never)).toBe('{}');
  });

  it('reports a connection that breaks in the middle of an answer', async (test) => {
    const { engine, client } = await useEngine(test);
    engine.answerWith((_request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"password":"hunter2"');
      setImmediate(() => response.destroy());
    });
    const failure = await failureOf(client.get('/', never));
    expect(failure.reason).toBe('connect');
    expect(failure.message).not.toContain('hunter2');
  });

  it('gives a request that is hanging no power over others', async (test) => {
    const { engine, client } = await useEngine(test);
    engine.answerWith((request, response) => {
      if (request.url !== '/hang') response.end('{}');
    });
    const abort = new AbortController();
    const hanging = Array.from({ length: 8 }, () => failureOf(client.get('/hang', abort.signal)));
    await waitFor('the hanging requests', () => engine.requests.length === 8);
    expect(await client.get('/', never)).toBe('{}');
    abort.abort();
    for (const failure of await Promise.all(hanging)) expect(failure.reason).toBe('timeout');
  });

  it.for(['//evil.example/x', '/\\evil.example/x', '/\t/evil.example/x', '/\\', 'x', ''])(
    'sends nothing for the path %j',
    async (path, test) => {
      const { engine, client } = await useEngine(test, undefined, { token: 'secret' });
      const failure = await failureOf(client.get(path, never));
      expect(failure).toMatchObject({ reason: 'shape', retryable: false });
      expect(failure.message).not.toMatch(/127|evil/);
      expect(engine.requests).toHaveLength(0);
    },
  );
});

/** Before the client gives up what hangs by itself, after 30 s. */
const soonMs = 20_000;

/** An engine that does not answer what leads to `/hang`. */
async function setUp(test: TestScope) {
  const { engine, client } = await useEngine(test, (request, response) => {
    if (request.url !== '/hang') response.end('{}');
  });
  const aborts: AbortController[] = [];
  const giveUp = (): void => aborts.forEach((abort) => void abort.abort());
  test.onTestFinished(giveUp);
  const hanging = (): number => engine.requests.filter(({ url }) => url === '/hang').length;
  return {
    client,
    giveUp,
    hanging,
    /** Asks so often, and waits until so many of all that hang have got through to the engine. */
    async hang(times: number, lane: PollLane | 'others', reached: number) {
      for (let count = 0; count < times; count += 1) {
        const abort = new AbortController();
        aborts.push(abort);
        const ask =
          lane === 'others' ? client.ask('/hang', abort.signal) : client.get('/hang', abort.signal, lane);
        ask.catch(() => {});
      }
      await waitFor('the requests', () => hanging() >= reached);
    },
  };
}

describe('EngineClient lanes', () => {
  it.for<[PollLane | 'others', number]>([
    ['keyed', 16],
    ['others', 16],
    ['sources', 40],
  ])(
    'have %s that hang, %i of them at a time, keep nothing from the sources',
    async ([lane, atOnce], test) => {
      const { client, hang, hanging } = await setUp(test);
      await hang(40, lane, atOnce);
      for (let poll = 0; poll < 3; poll += 1) {
        expect(await within('an answer', client.get('/state', never), soonMs)).toBe('{}');
      }
      expect(hanging()).toBe(atOnce);
    },
  );

  it('keep what hangs for clients from the symbols, and the other way round', async (test) => {
    const { client, hang } = await setUp(test);
    await hang(40, 'others', 16);
    expect(await within('a symbol', client.get('/state?symbol=A', never, 'keyed'), soonMs)).toBe('{}');
    await hang(40, 'keyed', 32);
    expect(await within('a poll', client.get('/state', never), soonMs)).toBe('{}');
  });

  it('go on where what hung is given up', async (test) => {
    const { client, giveUp, hang } = await setUp(test);
    await hang(40, 'others', 16);
    giveUp();
    expect(await within('an answer', client.ask('/messages', never))).toMatchObject({ status: 200 });
  });
});
