import { createServer } from 'node:http';
import type { Browser } from 'playwright-core';
import type { Socket } from 'socket.io';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import { example } from '../support/example-dialect.ts';
import { startGateway } from '../support/gateway.ts';
import { useIn, waitFor } from '../support/wait.ts';
import { openConsole, openSocketIoTab, pageFile, savePage, startSocketIo } from './websocket-test-page.ts';

const sent = /^↑sent/;
const snapshot = (total: number) => ({
  overview: {
    tasks: { total, running: 3, completed: 35, failed: 4 },
    costs: { total_cost: 12.45, haiku_cost: 0.0042 },
    claude_api: { total_requests: 156, total_input_tokens: 45_000 },
    tools: { total_calls: 234, by_type: { Read: 89, Edit: 45, Bash: 67 } },
  },
  sessions: { total_sessions: 15, tools_by_type: { Read: 9 } },
  activity: [{ description: 'Task completed', timestamp: 1_729_432_100.5 }],
  timestamp: 1_729_432_123.4,
});

/** Answers as the metrics dialect does, with `heard` of all events that came. */
function speakMetrics(total = 42) {
  const heard: unknown[][] = [];
  const talk = (socket: Socket): void => {
    socket.onAny((...event) => heard.push(event));
    socket.emit('connected', { status: 'connected', client_id: socket.id });
    socket.on('subscribe', (config) => {
      socket.emit('subscribed', {
        status: 'subscribed',
        config: { hours: 24, update_interval: 2, ...config },
      });
      socket.emit('metrics_update', snapshot(total));
    });
    socket.on('unsubscribe', () => socket.emit('unsubscribed', { status: 'unsubscribed' }));
    socket.on('set_interval', ({ interval }) => socket.emit('interval_updated', { interval }));
    socket.on('request_refresh', () => socket.emit('metrics_update', snapshot(total + 1)));
  };
  return { heard, talk };
}

describe.skipIf(chromiumMissing)('The Socket.IO tab of /websocket-test', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  it.for([
    ['polling', 'Polling only', '0'],
    ['websocket', 'WebSocket only', '0'],
    ['websocket', 'Polling, then WebSocket', '1'],
  ] as const)(
    '(%s: %s) says what each control says, and shows the answers',
    async ([transport, choice, upgrades], test) => {
      const { heard, talk } = speakMetrics();
      const { url, server } = await startSocketIo(test, talk);
      const tab = await openSocketIoTab(test, browser, await savePage(test));
      const { page, button, value, live, row, state, fill } = tab;
      await page.getByLabel('Transports').selectOption({ label: choice });
      expect(await button('Subscribe').isDisabled()).toBe(true);
      await tab.connect(url);
      await state('Connected');
      await waitFor('the transport', async () => (await value('Transport').innerText()) === transport);
      expect(await value('Upgrades').innerText()).toBe(upgrades);
      const [socket] = await server.fetchSockets();
      expect(await value('client_id').innerText()).toBe(socket?.id);

      await fill('Hours', '6');
      await fill('Interval (s)', '"3"');
      await fill('Sections', 'overview.tasks, activity');
      await button('Subscribe').click();
      await live('Live');
      await page.getByText('In force: 6 h, every 3 s, overview.tasks, activity.').waitFor();
      expect(await value('total').innerText()).toBe('42');
      expect(await value('haiku cost').innerText()).toBe('0.0042');
      expect(await value('Last answer took').innerText()).toMatch(/^[\d.,]+ ms \(subscribed\)$/);

      await fill('Interval (s)', '9');
      await button('Set interval').click();
      await page.getByText('every 9 s').waitFor();
      await button('Refresh').click();
      await waitFor('the refresh', async () => (await value('total').innerText()) === '43');
      await live('Live');
      expect(await value('Updates').innerText()).toBe('2');
      await button('Unsubscribe').click();
      await live('Not live: unsubscribed');
      await button('Refresh').click();
      await live('Not live: the answer to a refresh, without a subscription');
      await button('Disconnect').click();
      await state('Disconnected');
      await live('Not live: disconnected');
      expect(heard).toEqual([
        ['subscribe', { hours: 6, update_interval: '3', sections: ['overview.tasks', 'activity'] }],
        ['set_interval', { interval: 9 }],
        ['request_refresh'],
        ['unsubscribe'],
        ['request_refresh'],
      ]);
      for (const [event] of heard)
        await row(sent)
          .filter({ hasText: `${event}` })
          .first()
          .waitFor();
      await row('metrics_update').first().getByRole('button').click();
      expect(
        JSON.parse(await row('metrics_update').first().getByRole('region', { name: 'JSON' }).innerText()),
      ).toEqual(['metrics_update', snapshot(42)]);
      expect(tab.faults).toEqual([]);
    },
  );

  it('sends what a field says: JSON as that, other text as text, nothing where it is empty', async (test) => {
    const { heard, talk } = speakMetrics();
    const { url } = await startSocketIo(test, talk);
    const { button, fill, connect, state } = await openSocketIoTab(test, browser, await savePage(test));
    await connect(url);
    await state('Connected');
    const hours = ['', '0', '999', '"24"', 'abc', 'null', 'NaN', '[5]'];
    for (const text of hours) {
      await fill('Hours', text);
      await button('Subscribe').click();
    }
    const asked = [{}, 0, 999, '24', 'abc', null, 'NaN', [5]];
    const expected = asked.map((value) => ['subscribe', value === asked[0] ? {} : { hours: value }]);
    await waitFor('all of them', () => heard.length === expected.length);
    expect(heard).toEqual(expected);
  });

  it('has no figures for live after an error, an outage or a refresh of other hours, until they are again', async (test) => {
    const { heard, talk } = speakMetrics();
    const first = await startSocketIo(test, talk);
    const { button, fill, value, live, state, connect, faults } = await openSocketIoTab(
      test,
      browser,
      await savePage(test),
    );
    await live('No figures yet');
    await connect(first.url);
    await state('Connected');
    await fill('Hours', '6');
    await button('Subscribe').click();
    await live('Live');
    first.server.emit('error', { error: 'engine: connection refused', timestamp: 1 });
    await live('Not live: error: engine: connection refused');
    first.server.emit('metrics_update', snapshot(50));
    await live('Live');
    await fill('Refresh: hours', '6');
    await button('Refresh').click();
    await waitFor('the same hours', async () => (await value('total').innerText()) === '43');
    await live('Live');
    await fill('Refresh: hours', '1');
    await button('Refresh').click();
    await live('Not live: may be the refresh of 1 h; subscribe again to be sure');
    await button('Subscribe').click();
    await live('Live');

    await first.server.close();
    await live('Not live: disconnected');
    await state('Reconnecting');
    const askedBefore = heard.length;
    const quiet = await startSocketIo(
      test,
      (socket) => socket.onAny((...event) => heard.push(event)),
      first.port,
    );
    await state('Connected');
    await waitFor('the subscription', () => heard.length > askedBefore);
    expect(heard.slice(askedBefore)).toEqual([['subscribe', { hours: 6, update_interval: 2 }]]);
    // It is there again, and has not said anything.
    await live('Not live: disconnected');
    quiet.server.emit('subscribed', { status: 'subscribed', config: { hours: 6, update_interval: 2 } });
    await live('Not live: waiting for the first update of this subscription');
    quiet.server.emit('metrics_update', snapshot(60));
    await live('Live');
    expect(await value('Reconnects').innerText()).toBe('1');
    expect(faults.filter((fault) => !/ERR_CONNECTION_REFUSED/.test(fault))).toEqual([]);
  });

  it('stays away where it is not to come back, and where the gateway has sent it away', async (test) => {
    const { server, url } = await startSocketIo(test, () => {});
    const { field, button, state, connect, row } = await openSocketIoTab(test, browser, await savePage(test));
    await connect(url);
    await state('Connected');
    server.emit('error', { error: 'token expired', timestamp: 1 });
    server.disconnectSockets();
    await state('io server disconnect: ended by the gateway');
    await row('token expired').waitFor();
    expect(await button('Disconnect').isDisabled()).toBe(true);

    await field('Reconnect by itself').uncheck();
    await connect();
    await state('Connected');
    server.disconnectSockets(true);
    await state('Disconnected');
    await connect();
    await state('Connected');
  });

  it('sends a token as auth.token, shows it nowhere, and says why it was refused', async (test) => {
    const { server, url } = await startSocketIo(test, () => {});
    const tokens: unknown[] = [];
    server.use((socket, next) => {
      tokens.push(socket.handshake.auth.token);
      const data = { code: 'UNAUTHENTICATED', detail: 'the token has expired' };
      next(Object.assign(new Error('No valid token'), { data }));
    });
    const { page, state, connect, button, row, fill } = await openSocketIoTab(
      test,
      browser,
      await savePage(test),
    );
    await fill('Token (JWT)', 'aaa.bbb.ccc');
    await connect(url);
    await state('Refused No valid token: UNAUTHENTICATED: the token has expired');
    await row(/^↑sent.*connect.*"token":"\*{11}"/s).waitFor();
    expect(tokens).toEqual(['aaa.bbb.ccc']);
    expect(await page.locator('body').innerText()).not.toContain('aaa');
    await fill('Token (JWT)', 'not a token');
    await button('Connect').click();
    await state('Failed The token is no JWT');
  });

  it('says what to set where a page from disk is not let in, and what is wrong with an address', async (test) => {
    const http = createServer((_request, response) => void response.writeHead(403).end());
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    test.onTestFinished(() => void http.close());
    const address = http.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const { state, connect } = await openSocketIoTab(test, browser, await savePage(test));
    await connect(`http://127.0.0.1:${port}`);
    await state('under ALLOWED_ORIGINS=* only');
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

  it('takes its path from what the gateway serves, and may talk to that only', async (test) => {
    const { url } = await useIn(test, startGateway({ engine: false, dialects: [example] }));
    const elsewhere = await startSocketIo(test, () => {});
    const tab = await openSocketIoTab(test, browser, `${url}/websocket-test`);
    const { field, button, state, connect, row, faults } = tab;
    await waitFor('the path', async () => (await field('Path').inputValue()) === '/example-io/');
    for (const [before, choice] of ['polling,websocket', 'websocket', 'polling'].entries()) {
      await field('Transports').selectOption(choice);
      await connect();
      await row('welcome').nth(before).waitFor();
      await button('Disconnect').click();
    }
    expect(faults).toEqual([]);
    await connect(elsewhere.url);
    await state('Blocked');
  });

  it('is not there where no Socket.IO is served', async (test) => {
    const { url } = await useIn(test, startGateway({ settings: { DIALECTS: 'telemetry' } }));
    const { page, state, connect } = await openConsole(test, browser, `${url}/websocket-test#socket-io`);
    expect(await page.getByRole('link', { name: 'Socket.IO' }).count()).toBe(0);
    await connect();
    await state('Connected');
  });

  it('says where a copy with the client is to be had, where it has none', async (test) => {
    const { page, button } = await openSocketIoTab(test, browser, pageFile);
    await page.getByText('This copy of the page has no Socket.IO client in it.').waitFor();
    expect(await button('Connect').isDisabled()).toBe(true);
  });
});
