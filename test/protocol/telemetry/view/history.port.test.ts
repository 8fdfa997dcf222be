import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../../src/core/json.ts';
import { keepaliveDefaults } from '../../../../src/deliver/keepalive.ts';
import { refusalOf, valueAt } from '../../../support/client.ts';
import { setUpViews } from '../../../support/view-set-up.ts';
import { type TestScope, waitFor, within } from '../../../support/wait.ts';

type Scene = Awaited<ReturnType<typeof setUpViews>>;

async function historyOf({ gateway }: Scene, query: string): Promise<readonly JsonObject[]> {
  const answer = await fetch(`${gateway.url}/api/telemetry/history${query}`);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json']);
  const points: unknown = await answer.json();
  if (!Array.isArray(points) || !points.every(isJsonObject)) throw new Error('no array of points');
  return points;
}
const prices = (points: readonly JsonObject[]): (JsonValue | undefined)[] =>
  points.map((point) => valueAt(point, 'data', 'market', 'price'));

describe.concurrent('GET /api/telemetry/history', () => {
  it('gives every version with step=0, oldest first, the newest last', async (test) => {
    const scene = await setUpViews(test);
    for (let price = 1; price <= 50; price += 1) scene.publish({ market: { price } });
    const points = await historyOf(scene, '?seconds=600&step=0');
    expect(prices(points).slice(-50)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    const seqs = points.map(({ seq }) => Number(seq));
    expect(seqs).toEqual(seqs.map((_, index) => (seqs[0] ?? 0) + index));
    for (const { at } of points) expect(new Date(String(at)).toISOString()).toBe(at);
    expect(points.at(-1)?.data).toEqual(await scene.snapshot());
  });

  it('gives no more than 600 points unless asked to, and one for each step', async (test) => {
    const scene = await setUpViews(test);
    const until = Date.now() + 1300;
    let price = 0;
    while (Date.now() < until) {
      price += 1;
      scene.publish({ market: { price } });
      if (price % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const fine = await historyOf(scene, '?seconds=1');
    expect(fine.length).toBeLessThanOrEqual(600);
    expect(prices(fine).at(-1)).toBe(price);
    const coarse = await historyOf(scene, '?seconds=600&step=0.25');
    expect(coarse.length).toBeLessThan(12);
    expect(prices(coarse).at(-1)).toBe(price);
    expect((await historyOf(scene, '?seconds=600&step=600')).length).toBeLessThanOrEqual(2);
  });

  it('leaves out what is older than asked for: of a quiet second only how it stands is left', async (test) => {
    const scene = await setUpViews(test);
    scene.publish({ market: { price: 1 } });
    scene.publish({ market: { price: 2 } });
    await waitFor('a quiet second', async () => (await historyOf(scene, '?seconds=1&step=0')).length === 1);
    expect(prices(await historyOf(scene, '?seconds=1'))).toEqual([2]);
    expect(prices(await historyOf(scene, '?seconds=600&step=0')).slice(-2)).toEqual([1, 2]);
  });

  it('shows the sections and the symbol asked for', async (test) => {
    const scene = await setUpViews(test);
    const client = await scene.connect('?symbol=QQQ');
    await client.next(({ data }) => valueAt(data, 'market', 'price') === 400);
    scene.publish({ market: { symbol: 'QQQ', price: 401 } });
    const points = await historyOf(scene, '?seconds=60&symbol=QQQ&sections=market&step=0');
    expect(prices(points).slice(-2)).toEqual([400, 401]);
    for (const { data } of points) {
      if (!isJsonObject(data)) throw new Error('no data');
      expect(Object.keys(data).sort()).toEqual(['market', 'sources', 'status', 'timestamp']);
    }
    const unknown = await fetch(`${scene.gateway.url}/api/telemetry/history?symbol=NONE`);
    expect([unknown.status, await unknown.json()]).toEqual([
      404,
      expect.objectContaining({ code: 'UNKNOWN_SYMBOL' }),
    ]);
  });

  it('refuses what is out of bounds with 400', async (test) => {
    const { gateway } = await setUpViews(test);
    const bad = [
      'seconds=0',
      'seconds=86401',
      'seconds=-1',
      'seconds=1.5',
      'seconds=x',
      'seconds=',
      'seconds=1e9',
    ];
    for (const query of [
      ...bad,
      'step=-1',
      'step=x',
      'step=',
      'step=Infinity',
      'from=x',
      'to=',
      'from=2&to=1',
      'format=xml',
      'sections=nonsense',
      'symbol=spy',
    ]) {
      const answer = await fetch(`${gateway.url}/api/telemetry/history?${query}`);
      expect([query, answer.status, await answer.json()]).toEqual([
        query,
        400,
        expect.objectContaining({
          code: 'BAD_OPTION',
          detail: expect.stringMatching(
            `^${query.split('&').at(-1)?.split('=')[0]}: expected|^sections: no section`,
          ),
        }),
      ]);
    }
  });

  it('goes from one instant to another, and says how far back it could', async (test) => {
    const scene = await setUpViews(test);
    for (let price = 1; price <= 5; price += 1) {
      scene.publish({ market: { price } });
      await waitFor(
        'another millisecond',
        (
          (then) => () =>
            Date.now() > then
        )(Date.now()),
      );
    }
    const all = await historyOf(scene, '?step=0');
    const [from, to] = [all.at(-4)?.at, all.at(-2)?.at];
    expect(await historyOf(scene, `?step=0&from=${from}&to=${to}`)).toEqual(all.slice(-4, -1));
    const { headers } = await fetch(`${scene.gateway.url}/api/telemetry/history?from=0`, {
      headers: { origin: 'http://page.example' },
    });
    expect(headers.get('x-telemetry-history-since')).toBe(all[0]?.at);
    expect(headers.get('access-control-expose-headers')?.toLowerCase()).toContain(
      'x-telemetry-history-since',
    );
  });

  it.for([
    ['ndjson', 'application/x-ndjson', /^({.*}\n)+$/],
    ['csv', 'text/csv; charset=utf-8; header=present', /^seq,at,timestamp,status,.*market\.price/],
  ] as const)('comes as %s as well', async ([format, type, text], test) => {
    const { gateway } = await setUpViews(test);
    const answer = await fetch(`${gateway.url}/api/telemetry/history?format=${format}`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, type]);
    expect(await answer.text()).toMatch(text);
  });
});

describe.concurrent('A history, for those who take gzip,', () => {
  /** What came over the wire: `fetch` would have it decompressed. */
  const raw = async (url: string, headers: Record<string, string>) => {
    const request = get(url, { headers });
    const [response]: IncomingMessage[] = await once(request, 'response');
    if (response === undefined) throw new Error('no response');
    return { headers: response.headers, body: await buffer(response) };
  };

  it('is compressed, and a tenth of its size', async (test) => {
    const scene = await setUpViews(test);
    for (let price = 1; price <= 300; price += 1) scene.publish({ market: { price } });
    const url = `${scene.gateway.url}/api/telemetry/history?step=0`;
    const plain = await raw(url, {});
    expect(plain.headers).toMatchObject({ vary: 'Accept-Encoding, Origin' });
    expect(plain.headers['content-encoding']).toBeUndefined();
    const compressed = await raw(url, { 'accept-encoding': 'gzip' });
    expect(compressed.headers).toMatchObject({ vary: 'Accept-Encoding, Origin', 'content-encoding': 'gzip' });
    expect(gunzipSync(compressed.body).equals(plain.body)).toBe(true);
    expect(compressed.body.length).toBeLessThan(plain.body.length / 10);
  });

  it('is as it is where the request came with cookies, or is for gzip not at all', async (test) => {
    const { gateway } = await setUpViews(test);
    for (const headers of [{ 'accept-encoding': 'gzip', cookie: 'a=b' }, { 'accept-encoding': 'gzip;q=0' }]) {
      const answer = await raw(`${gateway.url}/api/telemetry/history`, headers);
      expect(answer.headers['content-encoding']).toBeUndefined();
      JSON.parse(answer.body.toString());
    }
  });
});

describe.concurrent('GET /api/telemetry', () => {
  it('has an ETag of its own for each symbol and set of sections', async (test) => {
    const { gateway, publish } = await setUpViews(test);
    const get = (query: string, etag = '""') =>
      fetch(`${gateway.url}/api/telemetry${query}`, { headers: { 'if-none-match': etag } });
    const queries = [
      '',
      '?symbol=QQQ',
      '?symbol=SPY',
      '?sections=market',
      '?sections=logs',
      '?symbol=QQQ&sections=market',
    ];
    const tags = await Promise.all(
      queries.map(async (query) => (await get(query)).headers.get('etag') ?? ''),
    );
    expect(new Set(tags).size).toBe(queries.length);
    for (const [index, query] of queries.entries()) {
      for (const [other, tag] of tags.entries()) {
        expect((await get(query, tag)).status, `${query} ${tag}`).toBe(other === index ? 304 : 200);
      }
    }
    publish({ market: { symbol: 'SPY', price: 9 } });
    const statuses = await Promise.all(
      queries.map(async (query, index) => (await get(query, tags[index])).status),
    );
    expect(statuses).toEqual([200, 304, 200, 200, 304, 304]);
  });
});

const target = '/api/telemetry/history?seconds=600&step=0';
const answers = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.once('data', () => resolve()));

/** A gateway with more history than the buffers between it and a client hold, and clients that do not read it. */
async function setUp(test: TestScope, { slowAfterMs = keepaliveDefaults.slowAfterMs, places = 2 } = {}) {
  const scene = await setUpViews(test, {
    settings: { MAX_CONNECTIONS: `${places}`, HISTORY_MAX_BYTES: `${64 * 1024 * 1024}` },
    keepalive: { ...keepaliveDefaults, slowAfterMs },
  });
  for (let number = 0; number < 80; number += 1) {
    // No compression makes much less of it.
    scene.publish({ number, padding: randomBytes(187_500).toString('base64') });
  }
  return {
    ...scene,
    async stall(headers = ''): Promise<Socket> {
      const socket = connect(scene.gateway.port, '127.0.0.1');
      test.onTestFinished(() => void socket.destroy());
      socket.on('error', () => {}).write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`);
      await within('the first bytes', answers(socket));
      socket.pause();
      return socket;
    },
    get: () => fetch(`${scene.gateway.url}${target}`),
  };
}

describe.concurrent('Readers of the history', () => {
  it('count as connections while they read, whatever else connects', async (test) => {
    const { gateway, stall, get, openStream } = await setUp(test);
    const readers = await Promise.all([stall(), stall()]);
    const refused = await get();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    expect(await refused.json()).toMatchObject({ code: 'AT_CAPACITY' });
    expect((await refusalOf(gateway.wsUrl)).status).toBe(503);
    await expect(openStream()).rejects.toThrow('503');
    for (const reader of readers) reader.destroy();
    // Given back with them, and then with each answer.
    for (let count = 0; count < 5; count += 1) {
      await waitFor('a place', async () => {
        const answer = await get();
        await answer.arrayBuffer();
        return answer.status === 200;
      });
    }
  });

  it.for([
    ['as it is', ''],
    ['compressed', 'Accept-Encoding: gzip\r\n'],
  ] as const)(
    'are sent away when they take nothing of it, %s, for as long as a slow client is borne',
    async ([, headers], test) => {
      const { stall, get } = await setUp(test, { slowAfterMs: 300, places: 1 });
      const stalled = await stall(headers);
      const closed = new Promise((resolve) => stalled.once('close', resolve));
      await waitFor('its place', async () => {
        const { status, body } = await get();
        await body?.cancel();
        return status === 200;
      });
      let text = '';
      stalled.setEncoding('utf8').on('data', (more: string) => {
        text += more;
      });
      stalled.resume();
      await within('the end', closed);
      // The last piece of a body in chunks (RFC 9112 §7.1) never came.
      expect(text.endsWith('\r\n0\r\n\r\n')).toBe(false);
    },
  );

  it('use up no place by asking how long it is', async (test) => {
    const { gateway } = await setUp(test, { places: 1 });
    for (let count = 0; count < 5; count += 1) {
      await waitFor('a place', async () => {
        const { status } = await fetch(`${gateway.url}${target}`, { method: 'HEAD' });
        return status === 200;
      });
    }
  });
});
