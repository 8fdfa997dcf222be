import { describe, expect, it } from 'vitest';
import { serveEveryDialect, streamEndpoints } from '../support/dialect.ts';
import { openEventStream, streamRefusalOf } from '../support/event-stream-client.ts';
import { secretToken, testClaims, testSecret } from '../support/tokens.ts';
import { type TestScope, useIn, waitFor, within } from '../support/wait.ts';

/** What every dialect owes, as far as a client can ask for it that says nothing. */
describe.each(streamEndpoints)('The stream on $path', ({ path, ...dialect }) => {
  async function setUp(test: TestScope, settings = {}) {
    const { gateway, update } = await serveEveryDialect(test, dialect, { settings });
    const url = `${gateway.url}${path}`;
    return {
      gateway,
      url,
      open: (headers = {}) => useIn(test, openEventStream(url, headers)),
      update,
    };
  }

  it('greets first, and once', async (test) => {
    const { open, update } = await setUp(test);
    const stream = await open();
    expect((await stream.next()).packet.type).toBe(dialect.firstType);
    // Every version is told, so the last of these comes whatever the pace.
    await waitFor('an update', () => {
      update(Date.now());
      return stream.packets.length > 1;
    });
    expect(stream.packets.filter(({ type }) => type === dialect.firstType)).toHaveLength(1);
  });

  it('gives a reader that lagged behind the newest only', async (test) => {
    const { open, update } = await setUp(test);
    const [lagging, steady] = [await open(), await open()];
    await lagging.next();
    lagging.pause();
    const updates = 100;
    for (let mark = 1; mark <= updates; mark += 1) {
      update(mark, 200_000);
      if (mark % 10 === 0) await waitFor('the steady reader', () => steady.packets.length > mark / 50);
    }
    lagging.resume();
    await lagging.next((packet) => dialect.markOf(packet) === updates);
    expect(lagging.packets.length).toBeLessThan(updates);
  });

  it('ends when the gateway shuts down, and lets no new one in', async (test) => {
    const { open, gateway, url } = await setUp(test);
    const open3 = await Promise.all([open(), open(), open()]);
    await gateway.stop();
    for (const stream of open3) await within('the end of the stream', stream.closed);
    await expect(openEventStream(url)).rejects.toThrow();
  });

  it('is found past one slash and by an alias', async (test) => {
    const [pathname = '', search = ''] = path.split('?');
    const { gateway } = await setUp(test, { PATH_ALIASES: `/other/way=${pathname}` });
    for (const at of [`${pathname}/`, '/other/way', '/other/way/']) {
      const stream = await useIn(test, openEventStream(`${gateway.url}${at}?${search}`));
      expect((await stream.next()).packet.type).toBe(dialect.firstType);
    }
    expect((await streamRefusalOf(`${gateway.url}${pathname}//?${search}`)).status).toBe(404);
  });

  it('refuses an option that is nearly one of its own, and lists those that it ignores', async (test) => {
    const { gateway } = await setUp(test);
    const [pathname = ''] = path.split('?');
    for (const name of ['token', ...dialect.options]) {
      const answer = await fetch(`${gateway.url}${pathname}?${name}x=1`);
      expect([answer.status, await answer.json()]).toEqual([
        400,
        expect.objectContaining({ detail: `${name}x: no such option – did you mean ${name}?` }),
      ]);
    }
    const aborter = new AbortController();
    test.onTestFinished(() => aborter.abort());
    const { signal } = aborter;
    const answer = await fetch(`${gateway.url}${pathname}?_=17&utm_source=x`, { signal });
    expect(answer.headers.get('x-ignored-options')).toBe('_,utm_source');
    expect(answer.headers.get('access-control-expose-headers')).toContain('X-Ignored-Options');
  });

  it('refuses an origin that is not allowed', async (test) => {
    const { url, open } = await setUp(test, { ALLOWED_ORIGINS: 'https://good.example.com' });
    expect((await streamRefusalOf(url, { origin: 'https://bad.example.com' })).status).toBe(403);
    const stream = await open({ origin: 'https://good.example.com' });
    expect((await stream.next()).packet.type).toBe(dialect.firstType);
  });

  it('demands a token where auth is on, and ends with it', async (test) => {
    const { url, open } = await setUp(test, { AUTH_JWT_SECRET: testSecret });
    expect((await streamRefusalOf(url, {})).status).toBe(401);
    const exp = Math.floor(Date.now() / 1000) + 2;
    const stream = await open({ authorization: `Bearer ${await secretToken(testClaims({ exp }))}` });
    expect((await stream.next()).packet.type).toBe(dialect.firstType);
    await within('the end of the stream', stream.closed);
  });

  it('is counted among the clients', async (test) => {
    const { open, gateway } = await setUp(test);
    const two = [await open(), await open()];
    const count = async () => (await gateway.metrics()).value('bff_clients', { dialect: dialect.name });
    await waitFor('two', async () => (await count()) === 2);
    for (const stream of two) await stream.stop();
    await waitFor('none', async () => (await count()) === 0);
  });
});
