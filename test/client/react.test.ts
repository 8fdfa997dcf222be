import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useFreshness, useTelemetry } from '../../src/client/react.ts';
import { bundleScript, inDevelopment } from '../support/bundle.ts';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import { setUpViews } from '../support/view-set-up.ts';
import { type TestScope, waitFor } from '../support/wait.ts';
import { connectToFake, sourcesOf } from './fake-gateway.ts';

interface Counts {
  readonly renders: Readonly<Record<string, number>>;
  readonly listeners: number;
}

describe.skipIf(chromiumMissing)('The hooks in a browser, in StrictMode', () => {
  let browser: Browser;
  let script: string;
  beforeAll(async () => {
    script = await bundleScript(fileURLToPath(new URL('./react-page.ts', import.meta.url)), inDevelopment);
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  async function openPage(test: TestScope) {
    const scene = await setUpViews(test);
    const page: Page = await browser.newPage();
    test.onTestFinished(() => page.close());
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => {
      const isIcon = message.location().url.endsWith('/favicon.ico');
      if (message.type() === 'error' && !isIcon) faults.push(message.text());
    });
    await page.goto(`${scene.gateway.url}/livez`);
    await page.addScriptTag({ content: script, type: 'module' });
    const shows = (name: string, value: unknown) =>
      waitFor(
        `${name} ${JSON.stringify(value)}`,
        async () => (await page.textContent(`#${name}`)) === JSON.stringify(value),
        { state: () => faults },
      );
    const counts = () => page.evaluate<Counts>('application.counts()');
    const price = async (value: number): Promise<void> => {
      scene.publish({ market: { price: value } });
      await shows('price', value);
    };
    await shows('state', 'live');
    await price(1);
    return { ...scene, page, faults, shows, counts, price };
  }

  it('shows what the gateway sends', async (test) => {
    const { publish, shows, price, faults } = await openPage(test);
    await shows('inline', { symbol: 'SPY' });
    await shows('agents', { scout: { score: 1 } });
    publish({ agents: { scout: { score: 2 } } });
    await shows('agents', { scout: { score: 2 } });
    await price(2);
    expect(faults).toEqual([]);
  });

  it('renders again only what selects something that changed', async (test) => {
    const { counts, price } = await openPage(test);
    const before = (await counts()).renders;
    // Whole packets: all sections come anew each time.
    for (const value of [2, 3, 4]) await price(value);
    const after = (await counts()).renders;
    expect(after.price).toBeGreaterThan(before.price ?? 0);
    expect({ ...after, price: 0, careless: 0 }).toEqual({ ...before, price: 0, careless: 0 });
  });

  it('goes round in no circle with a selector that makes a new object each time', async (test) => {
    const { counts, price, shows, faults } = await openPage(test);
    const before = (await counts()).renders.careless ?? 0;
    await price(2);
    await shows('careless', { symbol: 'SPY' });
    const rendered = ((await counts()).renders.careless ?? 0) - before;
    // Once for the change, twice in StrictMode.
    expect(rendered).toBeLessThanOrEqual(4);
    expect(faults).toEqual([]);
  });

  it('listens once for each component, although StrictMode mounts twice, and not any more when they are gone', async (test) => {
    const { counts, page } = await openPage(test);
    expect((await counts()).listeners).toBe(6);
    await page.evaluate('application.leave()');
    expect((await counts()).listeners).toBe(0);
    expect(await page.evaluate('application.client.status.state')).toBe('live');
  });

  it('shows that the connection is lost, and keeps what was shown', async (test) => {
    const { gateway, shows } = await openPage(test);
    await shows('freshness', 'fresh');
    await gateway.stop();
    await shows('state', 'stale');
    await shows('freshness', 'stale');
    await shows('price', 1);
  });
});

describe('The hooks on a server', () => {
  it('shows an empty document, whatever the client holds', async () => {
    const { client, socket } = await connectToFake();
    socket.welcome({ market: { price: 1 } });
    const Price = () => String(useTelemetry(client, ({ market }) => market?.price ?? 'none'));
    expect(renderToString(createElement(Price))).toBe('none');
  });

  it('says that nothing is known', async () => {
    const { client, socket } = await connectToFake();
    socket.welcome({ market: { price: 1 }, sources: sourcesOf('fresh') });
    const Badge = () => useFreshness(client, 'market.price').state;
    expect(renderToString(createElement(Badge))).toBe('initializing');
  });
});
