import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEngineServer } from '../source/engine-server.ts';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import { useIn } from '../support/wait.ts';
import { openSocketIoTab, savePage, startSocketIo } from './websocket-test-socket-io-page.ts';

describe.skipIf(chromiumMissing)('The Socket.IO tab of /websocket-test', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  it('sends a token as auth.token, shows it nowhere, and says why it was refused', async (test) => {
    const { server, url } = await startSocketIo(test, () => {});
    const tokens: unknown[] = [];
    server.use((socket, next) => {
      tokens.push(socket.handshake.auth.token);
      const data = { code: 'UNAUTHENTICATED', detail: 'the token has expired', retryAfterS: 5 };
      next(Object.assign(new Error('No valid token'), { data }));
    });
    const { page, state, connect, button, row, fill } = await openSocketIoTab(
      test,
      browser,
      await savePage(test),
    );
    await fill('Token (JWT)', 'aaa.bbb.ccc');
    await connect(url);
    await state('Refused No valid token: UNAUTHENTICATED: the token has expired: try again in 5 s');
    await row(/^↑sent.*connect.*"token":"\*{11}"/s).waitFor();
    expect(tokens).toEqual(['aaa.bbb.ccc']);
    expect(await page.locator('body').innerText()).not.toContain('aaa');
    await fill('Token (JWT)', 'not a token');
    await button('Connect').click();
    await state('Failed The token is no JWT');
  });

  it('says why it was not let in where it can read that, else what to set, and what is wrong with an address', async (test) => {
    const problem = JSON.stringify({ code: 'TOO_MANY_CONNECTIONS', detail: 'at most 10 from one address' });
    let headers = {};
    const server = await useIn(
      test,
      startEngineServer((_request, response) => void response.writeHead(429, headers).end(problem)),
    );
    const { state, connect, field } = await openSocketIoTab(test, browser, await savePage(test));
    await field('Reconnect by itself').uncheck();
    await connect(server.url);
    await state('under ALLOWED_ORIGINS=* only');
    headers = { 'access-control-allow-origin': '*' };
    await connect();
    await state('TOO_MANY_CONNECTIONS: at most 10 from one address');
    await connect('http://127.0.0.1:1/metrics');
    await state('the path has a field of its own');
  });

  it('takes what a server sends for text and figures, and nothing else', async (test) => {
    const hostile = '<img src=x onerror="document.title=1">';
    const deep = '['.repeat(50_000) + ']'.repeat(50_000);
    const many = Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [`${hostile}${n}`, n]));
    const wrong: unknown[] = [null, 7, hostile, [], hostile.repeat(10_000), { toString: hostile }];
    const { url } = await startSocketIo(test, (socket) => {
      for (const name of [
        'connected',
        'subscribed',
        'interval_updated',
        'error',
        'metrics_update',
        '__proto__',
      ]) {
        for (const payload of wrong) socket.emit(name, payload);
        socket.emit(name);
      }
      for (const payload of wrong) {
        socket.emit('subscribed', {
          config: { hours: payload, update_interval: payload, sections: payload },
        });
        const overview = { tasks: payload, costs: { total_cost: payload }, tools: { by_type: payload } };
        socket.emit('metrics_update', { overview, sessions: payload, activity: payload, timestamp: payload });
        socket.emit('metrics_update', { overview: payload, activity: [payload] });
      }
      // Too deep for the server's own encoder.
      socket.conn.write(`2["metrics_update",${deep}]`);
      socket.conn.write(`2["metrics_update",{"overview":{"tasks":${deep}},"activity":[${deep}]}]`);
      socket.emit('binary', Buffer.from([1, 2, 3]));
      socket.emit('subscribed', { config: { hours: hostile, sections: [hostile] } });
      const activity = Array.from({ length: 50_000 }, () => ({ description: hostile, timestamp: 1e300 }));
      const overview = { tasks: many, tools: { by_type: { ...many, '-1': -1, x: Number.MAX_VALUE } } };
      socket.emit('metrics_update', { overview, activity, sessions: JSON.parse('{"__proto__":1}') });
      socket.emit('error', { error: hostile.repeat(1000) });
    });
    const { page, faults, connect, live, row } = await openSocketIoTab(test, browser, await savePage(test));
    await connect(url);
    await live(`Not live: error: ${hostile}`);
    await page.getByText('and 49,990 more').waitFor();
    await page.getByText('and 49,988 more').waitFor();
    await page.getByText('and 49,980 more').waitFor();
    await row('binary').first().waitFor();
    expect(await page.locator('img').count()).toBe(0);
    expect((await page.locator('#groups').innerText()).length).toBeLessThan(20_000);
    expect([await page.title(), faults]).toEqual(['WebSocket console', []]);
  });
});
