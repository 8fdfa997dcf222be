import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import type { JsonValue } from '../../src/core/json.ts';
import { EngineClient } from '../../src/source/engine-client.ts';
import { Poller, type PollResult } from '../../src/source/poller.ts';
import { createMemoryMeter } from '../support/memory-meter.ts';
import { within } from '../support/wait.ts';
import { type EngineServer, type Handler, json, startEngineServer } from './engine-server.ts';

const meter = createMemoryMeter();
const secret = 'hunter2';
let engine: EngineServer;
let client: EngineClient;

beforeAll(async () => {
  engine = await startEngineServer();
  client = new EngineClient({ url: engine.url, maxBodyBytes: 1024 * 1024 });
});
afterAll(async () => {
  await client.close();
  await engine.stop();
});

async function pollOnce(handler: Handler, timeoutMs = 900): Promise<PollResult<JsonValue>> {
  engine.answerWith(handler);
  const poller = new Poller<JsonValue>({
    name: 'state',
    path: `/api/state?token=${secret}`,
    timeoutMs,
    engine: client,
    clock: systemClock,
    meter,
    read: (value) => value,
  });
  const outcome = poller.poll();
  if (outcome === undefined) throw new Error('the poller was busy');
  return await within('the poll', outcome);
}

const hang: Handler = () => {};
const halfOf: Handler = (_request, response) => void response.write(`{"password":"${secret}"`);
const elsewhere: Handler = (_request, response) =>
  void response.writeHead(302, { location: `http://${secret}.example/` }).end();
const breakOff: Handler = (request) => void request.socket.destroy();

const encodedIn =
  (encoding: string): Handler =>
  (_request, response) =>
    void response.writeHead(200, { 'content-encoding': encoding }).end(secret);

const failures: readonly (readonly [string, Handler, string])[] = [
  ['text that is no JSON', json(`<html>${secret}</html>`), 'malformed'],
  ['an empty body', json(''), 'malformed'],
  ['a body of nothing but spaces', json(' \r\n'), 'malformed'],
  ['HTTP 204', json('', 204), 'malformed'],
  ['half a document', json(`{"password":"${secret}`), 'malformed'],
  ['two documents', json(`{}{"a":"${secret}"}`), 'malformed'],
  ['65 levels', json(`{"${secret}":${'['.repeat(65)}${']'.repeat(65)}}`), 'too_deep'],
  ['5,000 levels', json(`${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`), 'too_deep'],
  ['500,000 levels', json('['.repeat(500_000) + ']'.repeat(500_000)), 'too_deep'],
  ['the key __proto__', json(`{"a":{"__proto__":{"${secret}":1}}}`), 'forbidden_key'],
  ['the key constructor, escaped', json('{"constr\\u0075ctor":1}'), 'forbidden_key'],
  ['the key prototype in an array', json('{"a":[[{"prototype":1}]]}'), 'forbidden_key'],
  ['the word that it is offline', json(`{"error":"${secret}","status":"offline"}`), 'offline'],
  ['offline with an empty error', json('{"error":"","status":"offline"}'), 'offline'],
  ['a body that is too large', json(`{"a":"${'x'.repeat(1024 * 1024)}"}`), 'too_large'],
  ['an encoding that is not known', encodedIn('compress'), 'encoding'],
  ['an encoding that it is not in', encodedIn('gzip'), 'encoding'],
  ['HTTP 500', json(secret, 500), 'status'],
  ['HTTP 503', json(secret, 503), 'status'],
  ['a redirect', elsewhere, 'redirect'],
  ['nothing', hang, 'timeout'],
  ['half a body, then nothing', halfOf, 'timeout'],
  ['a connection that breaks', breakOff, 'connect'],
];

describe('Poller on bad answers', () => {
  it.each(failures)(
    'fails on %s, with its own reason and nothing of the answer',
    async (_what, handler, reason) => {
      const before = meter.value('bff_source_failures_total', { source: 'state', reason });
      const result = await pollOnce(handler, reason === 'timeout' ? 80 : 5000);
      expect(result).toMatchObject({ ok: false, open: false, failure: { reason } });
      if (result.ok) return;
      expect(result.failure.message).not.toMatch(/hunter2|token|https?:|127\.0\.0\.1|api|undici/i);
      expect(result.failure.message).not.toBe('');
      expect(meter.value('bff_source_failures_total', { source: 'state', reason })).toBe(before + 1);
    },
  );

  it.each([
    ['{"error":"no data","status":"ACTIVE"}'],
    ['{"status":"offline"}'],
    ['{"error":null}'],
    ['{"market":{"error":"x","status":"offline"}}'],
  ])('takes %s for data', async (body) => {
    expect(await pollOnce(json(body))).toMatchObject({ ok: true, answer: JSON.parse(body) });
  });

  it('reads integers that no double holds as text with their digits', async () => {
    expect(await pollOnce(json('{"orders":[{"id":8389765489680951453,"size":5}]}'))).toMatchObject({
      ok: true,
      answer: { orders: [{ id: '8389765489680951453', size: 5 }] },
    });
  });

  it('reads numbers that are not finite as null, and counts them', async () => {
    const counted = () => meter.value('bff_rejected_total', { edge: 'poll', reason: 'non_finite' });
    const before = counted();
    expect(await pollOnce(json('{"a":NaN,"b":[-Infinity,1e999,-1e999],"c":"NaN"}'))).toMatchObject({
      ok: true,
      answer: { a: null, b: [null, null, null], c: 'NaN' },
    });
    expect(counted() - before).toBe(4);
  });

  it('says of an answer without a body that it is empty', async () => {
    for (const status of [200, 204]) {
      expect(await pollOnce(json('', status))).toMatchObject({ failure: { message: 'the answer is empty' } });
    }
  });

  it('takes 64 levels', async () => {
    const body = '['.repeat(64) + ']'.repeat(64);
    expect(await pollOnce(json(body))).toMatchObject({ ok: true });
  });

  it('succeeds on the second try where the first was told to come back', async () => {
    let asked = 0;
    const result = await pollOnce((request, response) => {
      asked += 1;
      json('{"ok":true}', asked === 1 ? 503 : 200)(request, response);
    }, 5000);
    expect(result).toMatchObject({ ok: true, answer: { ok: true } });
    expect(asked).toBe(2);
  });
});
