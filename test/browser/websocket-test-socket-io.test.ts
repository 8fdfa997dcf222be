import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import { example } from '../support/example-dialect.ts';
import { startGateway } from '../support/gateway.ts';
import { useIn, waitFor } from '../support/wait.ts';
import { openConsole, pageFile, startServer } from './websocket-test-page.ts';
import {
  openSocketIoTab,
  savePage,
  snapshot,
  speakMetrics,
  startSocketIo,
} from './websocket-test-socket-io-page.ts';

const sent = /^↑sent/;

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
      await page.getByRole('heading', { name: 'Tool calls by type, 234 in all' }).waitFor();
      expect(await value('Edit').innerText()).toBe('45');
      expect(await page.getByRole('row', { name: 'Edit' }).getAttribute('style')).toContain(
        `${(45 / 89) * 100}%`,
      );
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
    // What a polling client says last may come after the gateway has forgotten it.
    expect(faults.filter((fault) => !fault.startsWith('Failed to load resource'))).toEqual([]);
    await connect(elsewhere.url);
    await state('Blocked');
  });

  it('is used with the keyboard alone', async (test) => {
    const { heard, talk } = speakMetrics();
    const { url } = await startSocketIo(test, talk);
    const { page } = await openConsole(test, browser, await savePage(test));
    const focused = () =>
      page.evaluate<string>(
        `(({ labels, textContent }) => (labels?.[0]?.textContent ?? textContent).trim())(document.activeElement)`,
      );
    async function tabTo(name: string): Promise<void> {
      for (let steps = 0; (await focused()) !== name; steps++) {
        if (steps === 40) throw new Error(`no way to "${name}"`);
        await page.keyboard.press('Tab');
      }
    }
    await tabTo('Socket.IO');
    await page.keyboard.press('Enter');
    await page.locator('nav [aria-current=page]').filter({ hasText: 'Socket.IO' }).waitFor();
    await tabTo('URL');
    await page.keyboard.type(url);
    await page.keyboard.press('Enter');
    await page.getByText('Connected').first().waitFor();
    await tabTo('Hours');
    await page.keyboard.type('6');
    await page.keyboard.press('Enter');
    await waitFor('the subscription', () => heard.length === 1);
    for (const name of ['Unsubscribe', 'Set interval', 'Refresh']) {
      await tabTo(name);
      await page.keyboard.press('Space');
    }
    await waitFor('all of them', () => heard.length === 4);
    expect(heard.map(([event]) => event)).toEqual([
      'subscribe',
      'unsubscribe',
      'set_interval',
      'request_refresh',
    ]);
  });

  it('has its connection end where the other tab makes one, and shares the log with it', async (test) => {
    const { url, server } = await startSocketIo(test, speakMetrics().talk);
    const webSocketUrl = await startServer(test, (socket) => socket.send('{"type":"hello"}'));
    const { page, field, button, connect, state, live, row } = await openSocketIoTab(
      test,
      browser,
      await savePage(test),
    );
    await connect(url);
    await state('Connected');
    await button('Subscribe').click();
    await live('Live');
    await page.getByRole('link', { name: 'WebSocket', exact: true }).click();
    await page.getByLabel('Endpoint').waitFor();
    await field('URL').fill(webSocketUrl);
    await button('Connect').click();
    await row('hello').waitFor();
    await row('metrics_update').waitFor();
    await waitFor('the end of the other', async () => (await server.fetchSockets()).length === 0);
    await page.getByRole('link', { name: 'Socket.IO', exact: true }).click();
    await live('Not live: disconnected');
    expect(await button('Subscribe').isDisabled()).toBe(true);
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
