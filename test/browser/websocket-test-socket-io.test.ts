import type { Browser } from 'playwright-core';
import type { Socket } from 'socket.io';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import { waitFor } from '../support/wait.ts';
import { openSocketIoTab, pageFile, savePage, startSocketIo } from './websocket-test-page.ts';

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

  it('says where a copy with the client is to be had, where it has none', async (test) => {
    const { page, button } = await openSocketIoTab(test, browser, pageFile);
    await page.getByText('This copy of the page has no Socket.IO client in it.').waitFor();
    expect(await button('Connect').isDisabled()).toBe(true);
  });
});
