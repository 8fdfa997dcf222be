import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import { startGateway } from '../support/gateway.ts';
import { snapshotOf, startMetricsEngine } from '../support/metrics-engine.ts';
import { secretToken, testClaims, testSecret } from '../support/tokens.ts';
import { type TestScope, useIn, waitFor } from '../support/wait.ts';
import { openConsole } from './websocket-test-page.ts';
import { folderIn, openSocketIoTab, savePage } from './websocket-test-socket-io-page.ts';

describe.skipIf(chromiumMissing)(
  'The Socket.IO tab of /websocket-test, with the metrics of an engine',
  () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await launchChromium();
    });
    afterAll(() => browser?.close());

    async function setUp(test: TestScope, more = {}) {
      const engine = await useIn(test, startMetricsEngine());
      const settings = { ENGINE_URL: engine.url, DIALECTS: 'metrics', ...more };
      const start = (port = 0) =>
        useIn(test, startGateway({ engine: false, settings: { ...settings, PORT: `${port}` } }));
      return { engine, start, gateway: await start() };
    }

    it.for(['polling,websocket', 'websocket', 'polling'])(
      '(%s) shows them live from disk, and for no longer than they are',
      async (transports, test) => {
        const { engine, start, gateway } = await setUp(test);
        // A gateway that serves nothing else has this tab as its first.
        const served = await openConsole(test, browser, `${gateway.url}/websocket-test`);
        await served.page.getByRole('link', { name: 'Socket.IO', exact: true }).waitFor();
        await waitFor('the tab', () => served.page.url().endsWith('#socket-io'));
        const download = served.page.waitForEvent('download');
        await served.page.getByRole('link', { name: 'Save this page' }).click();
        const file = join(folderIn(test), 'websocket-test.html');
        await (await download).saveAs(file);

        const tab = await openSocketIoTab(test, browser, pathToFileURL(file));
        const { field, button, fill, value, live, state, row, connect } = tab;
        await field('Transports').selectOption(transports);
        await connect(gateway.url);
        await state('Connected');
        await row('connected').filter({ hasText: 'client_id' }).waitFor();
        await fill('Hours', '999');
        await fill('Interval (s)', '0');
        await button('Subscribe').click();
        await live('Live');
        await tab.page.getByText('In force: 168 h, every 1 s, all sections.').waitFor();
        expect(await value('total requests').innerText()).toBe('1');
        engine.set({ snapshot: (hours) => snapshotOf(2, hours) });
        await waitFor('the change', async () => (await value('total requests').innerText()) === '2');

        await fill('Hours', 'abc');
        await button('Subscribe').click();
        await row('error').filter({ hasText: 'subscribe: hours' }).waitFor();
        await button('Refresh').click();
        await live('Live');

        engine.set({ status: 500 });
        await live('Not live: error: ');
        await row('error').filter({ hasText: 'The engine' }).last().waitFor();
        engine.set({ status: 200 });
        await live('Live');

        await gateway.stop();
        await live('Not live: disconnected');
        engine.set({ snapshot: (hours) => snapshotOf(3, hours) });
        await start(gateway.port);
        await live('Live');
        expect(await value('total requests').innerText()).toBe('3');
        await button('Unsubscribe').click();
        await live('Not live: unsubscribed');
      },
    );

    it('lets in who brings a token, and says why it does not let in others', async (test) => {
      const { gateway } = await setUp(test, {
        AUTH_JWT_SECRET: testSecret,
        ALLOWED_ORIGINS: 'https://dash.example',
      });
      const { fill, state, connect, live, button } = await openSocketIoTab(
        test,
        browser,
        `${gateway.url}/websocket-test`,
      );
      await connect();
      await state('UNAUTHENTICATED');
      await fill('Token (JWT)', await secretToken(testClaims()));
      await connect();
      await state('Connected');
      await button('Subscribe').click();
      await live('Live');

      const fromDisk = await openSocketIoTab(test, browser, await savePage(test));
      await fromDisk.connect(gateway.url);
      await fromDisk.state('under ALLOWED_ORIGINS=* only');
    });

    it('weighs under 40 KB on the wire, the client included', async (test) => {
      const { gateway } = await setUp(test);
      const page = await (await fetch(`${gateway.url}/websocket-test`)).text();
      expect(page).toContain('Socket.IO v4');
      expect(gzipSync(page).length).toBeLessThan(40_000);
    });
  },
);
