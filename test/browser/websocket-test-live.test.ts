import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import { waitFor } from '../support/wait.ts';
import {
  openSocketIoTab,
  savePage,
  snapshot,
  speakMetrics,
  startSocketIo,
} from './websocket-test-socket-io-page.ts';

describe.skipIf(chromiumMissing)('The Socket.IO tab of /websocket-test', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

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
    const perhapsOther = 'Not live: may be the refresh of 1 h; unsubscribe, then subscribe again, to be sure';
    await live(perhapsOther);
    // The refresh may not have been answered yet.
    await button('Subscribe').click();
    await waitFor('the subscription', async () => (await value('total').innerText()) === '42');
    await live(perhapsOther);
    await button('Unsubscribe').click();
    await live('Not live: unsubscribed');
    await button('Subscribe').click();
    await live('Live');

    await first.stop();
    await live('Not live: disconnected');
    await state('Reconnecting');
    const askedBefore = heard.length;
    const quiet = await startSocketIo(test, (socket) => socket.onAny((...event) => heard.push(event)), {
      port: first.port,
    });
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

  it('has its figures for live where the gateway refuses what it was asked', async (test) => {
    const { talk } = speakMetrics();
    const { server, url } = await startSocketIo(test, (socket) => {
      talk(socket);
      socket.removeAllListeners('set_interval');
      socket.on('set_interval', () => socket.emit('error', { error: 'set_interval: no number' }));
    });
    const { button, live, state, connect, row } = await openSocketIoTab(test, browser, await savePage(test));
    await connect(url);
    await state('Connected');
    await button('Subscribe').click();
    await live('Live');
    await button('Set interval').click();
    await row('set_interval: no number').waitFor();
    await live('Live');
    // It was not asked for.
    server.emit('error', { error: 'subscribe: the engine is away' });
    await live('Not live: error: subscribe: the engine is away');
  });

  it('has no figures for live while nothing is heard from the gateway, as after the machine slept', async (test) => {
    const { url, server } = await startSocketIo(test, speakMetrics().talk, { pingInterval: 600_000 });
    const { page, button, live, state, connect } = await openSocketIoTab(test, browser, await savePage(test));
    await connect(url);
    await state('Connected');
    await button('Subscribe').click();
    await live('Live');
    await page.clock.setFixedTime(Date.now() + 46_000);
    await live('Not live: nothing was heard since ');
    server.emit('metrics_update', snapshot(43));
    await live('Live');
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
});
