import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nginx, whyLeftOut } from '../setup/programs.mjs';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import { freePort } from '../support/free-port.ts';
import { startGateway } from '../support/gateway.ts';
import { startProxy } from '../support/proxy.ts';
import { type TestScope, useIn, waitFor } from '../support/wait.ts';

/** More than a browser opens connections to one host. */
const tabCount = 10;
/** A name of a local network: on `http`, so that pages get no locks, no digests, and no random UUIDs. */
const lanName = 'dash.lan';

/** A gateway of which its proxy lets no WebSocket through, and a browser's tabs of its page. */
async function setUp(test: TestScope, browser: Browser) {
  const gateway = await useIn(
    test,
    startGateway({ settings: { ALLOWED_HOSTS: lanName, ALLOW_COMMANDS: 'true' } }),
  );
  const port = await freePort();
  // As nginx is without a word about it: neither `Upgrade` nor `Connection` are passed on.
  const server = `server { listen 127.0.0.1:${port}; location / { proxy_pass ${gateway.url}; proxy_set_header Host $http_host; } }`;
  await useIn(test, startProxy('nginx', server, port));
  const context = await browser.newContext();
  test.onTestFinished(() => context.close());
  const clients = async (): Promise<readonly { readonly transport: string; readonly view: string }[]> =>
    (await fetch(`${gateway.url}/api/clients`)).json();
  return { gateway, clients, context, url: `http://${lanName}:${port}` };
}

async function openTabs(context: BrowserContext, url: string, count = tabCount): Promise<Page[]> {
  const pages = await Promise.all(Array.from({ length: count }, () => context.newPage()));
  await Promise.all(pages.map((page) => page.goto(url)));
  return pages;
}

/** Tabs that asked for a stream, and so led, in their order. */
function watchLeaders(context: BrowserContext): readonly Page[] {
  const leaders: Page[] = [];
  context.on('request', (request) => {
    if (request.url().includes('/api/stream/telemetry')) leaders.push(request.frame().page());
  });
  return leaders;
}

const textOf = async (page: Page, name: string): Promise<string> =>
  (await page.getByTestId(name).textContent())?.trim() ?? '';
const seqOf = async (page: Page): Promise<number> =>
  Number((await textOf(page, 'seq')).replaceAll(/\D/g, ''));

async function allLive(pages: readonly Page[]): Promise<void> {
  const states = () => Promise.all(pages.map((page) => textOf(page, 'situation-text')));
  await waitFor('every tab to be live', async () => (await states()).every((text) => /^Live/.test(text)), {
    state: states,
  });
}

async function allMove(pages: readonly Page[]): Promise<void> {
  const before = await Promise.all(pages.map(seqOf));
  await waitFor('every tab to move', async () => {
    const now = await Promise.all(pages.map(seqOf));
    return now.every((seq, index) => seq > (before[index] ?? Number.POSITIVE_INFINITY));
  });
}

describe.skipIf(chromiumMissing || whyLeftOut(nginx))(
  'Ten tabs of the page, where only streams get through',
  () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await launchChromium([`--host-resolver-rules=MAP ${lanName} 127.0.0.1`]);
    });
    afterAll(() => browser?.close());

    it('all load and all move, by one connection', async (test) => {
      const { context, url, clients } = await setUp(test, browser);
      const pages = await openTabs(context, url);
      expect(await pages[0]?.evaluate('isSecureContext || "locks" in navigator')).toBe(false);
      await allLive(pages);
      await allMove(pages);
      expect((await clients()).map(({ transport }) => transport)).toEqual(['event-stream']);

      const late = await context.newPage();
      await late.goto(url);
      await allLive([late]);
      await allMove([...pages, late]);
      expect(await clients()).toHaveLength(1);
    });

    it('go on where the one with the connection is closed, left, or killed', async (test) => {
      const { context, url, clients } = await setUp(test, browser);
      const leaders = watchLeaders(context);
      const pages = new Set(await openTabs(context, url, 5));
      await allLive([...pages]);
      const ends: ((page: Page) => Promise<unknown>)[] = [
        (page) => page.close(),
        (page) => page.goto('about:blank'),
        async (page) => {
          const session = await context.newCDPSession(page);
          // Nobody is left to answer.
          session.send('Page.crash').catch(() => {});
        },
      ];
      for (const end of ends) {
        const { length } = leaders;
        const leader = leaders.at(-1);
        if (leader === undefined) throw new Error('no tab asked for a stream');
        pages.delete(leader);
        await end(leader);
        await waitFor('another tab to lead', () => leaders.length > length);
        await allLive([...pages]);
        await allMove([...pages]);
        await waitFor('one connection', async () => (await clients()).length === 1);
        if (leader.url() !== 'about:blank') continue;
        await leader.goBack();
        pages.add(leader);
        await allLive([leader]);
      }
    });

    it('go on where the one with the connection stands still, which follows when it runs again', async (test) => {
      const { context, url, clients } = await setUp(test, browser);
      const leaders = watchLeaders(context);
      const pages = await openTabs(context, url, 3);
      await allLive(pages);
      const [leader, ...others] = leaders;
      if (leader === undefined || others.length > 0) throw new Error('expected one tab to ask for a stream');
      const session = await context.newCDPSession(leader);
      await session.send('Debugger.enable');
      await session.send('Debugger.pause');
      await waitFor('another tab to lead', () => leaders.length === 2);
      const rest = pages.filter((page) => page !== leader);
      await allLive(rest);
      await allMove(rest);
      await session.send('Debugger.disable');
      await waitFor('one connection', async () => (await clients()).length === 1);
      await allLive(pages);
      await allMove(pages);
    });

    it('carry out a HALT of one that has no connection', async (test) => {
      const { gateway, context, url } = await setUp(test, browser);
      const leaders = watchLeaders(context);
      const pages = await openTabs(context, url, 3);
      await allLive(pages);
      const page = pages.find((other) => !leaders.includes(other));
      if (page === undefined) throw new Error('every tab has a connection');
      await page.getByRole('button', { name: 'Halt …' }).click();
      await page.getByRole('button', { name: 'Halt trading' }).click();
      await page.getByTestId('command-dialog').waitFor({ state: 'detached' });
      expect(gateway.engine.market.status()).toBe('HALT');
      for (const other of pages) {
        await waitFor('the halt to show', async () => /^Halted/.test(await textOf(other, 'halt-line')));
      }
    });
  },
);
