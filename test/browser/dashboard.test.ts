import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoryEvents } from '../../src/source/events.ts';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import { openDashboard } from '../support/dashboard-page.ts';
import { startGateway } from '../support/gateway.ts';
import { type TestScope, useIn, waitFor } from '../support/wait.ts';

/** The page as the demo shows it: price events between the polls, a market that has run for a while. */
async function startDemo(test: TestScope) {
  const events = new MemoryEvents();
  const gateway = await useIn(test, startGateway({ events, engine: { publish: events.publish } }));
  for (let step = 0; step < 60; step += 1) gateway.engine.market.step();
  await waitFor('a good state', async () => (await fetch(`${gateway.url}/readyz`)).ok);
  return gateway;
}

/** Notes when the first price is seen, and how far things are moved about from a second later on. */
const watchPainting = `
  window.seen = { pricedAt: 0, shift: 0 };
  const look = () => {
    const price = document.querySelector('[data-testid=price]')?.textContent ?? '';
    if (/\\d/.test(price)) seen.pricedAt = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  new PerformanceObserver((list) => {
    for (const { startTime, value } of list.getEntries()) {
      if (seen.pricedAt > 0 && startTime > seen.pricedAt + 1000) seen.shift += value;
    }
  }).observe({ type: 'layout-shift', buffered: true });
`;

interface Seen {
  /** Since the navigation began, ms. */
  readonly pricedAt: number;
  readonly shift: number;
}

describe.skipIf(chromiumMissing)('The dashboard', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  it('moves nothing about when values change', async (test) => {
    const gateway = await startDemo(test);
    const { page, shows, nextPacket, faults } = await openDashboard(test, browser, gateway.url, {
      before: watchPainting,
    });
    await shows('price', /\d/);
    for (let packet = 0; packet < 8; packet += 1) await nextPacket();
    expect((await page.evaluate<Seen>('seen')).shift).toBeLessThan(0.01);
    expect(faults).toEqual([]);
  });

  it('shows every section of the document', async (test) => {
    const gateway = await startDemo(test);
    const { page, part, shows, textOf, faults } = await openDashboard(test, browser, gateway.url);
    await shows('symbol', /^SPY$/);
    await shows('situation-text', /^Live · 3 sources fresh$/);
    await shows('status', /^ACTIVE$/);
    await shows('price-range', /low \d+.* high \d+/);
    for (const [name, text] of [
      ['pnl', /^[+-]\$[\d,]+\.\d\d$/],
      ['nav', /^\$[\d,]+\.\d\d$/],
      ['cash', /^\$[\d,]+\.\d\d$/],
      ['drawdown', /^-\d+\.\d\d%$/],
      ['side', /^(BUY|SELL|FLAT)$/],
      ['confidence', /^\d+%$/],
      ['approved-size', /^\d+\.\d\d%$/],
      ['reasoning', /\w+/],
      ['regime', /\w+/],
      ['alpha', /^\d\.\d\d$/],
      ['velocity', /^[+-]?\d\.\d{4}$/],
    ] as const) {
      expect([name, await textOf(name)]).toEqual([name, expect.stringMatching(text)]);
    }
    expect(await part('agents').locator('tbody tr').count()).toBe(6);
    expect(await part('models').locator('tbody canvas').count()).toBe(4);
    await part('price-chart').locator('canvas').first().waitFor();
    await page.getByRole('link', { name: 'TradingView' }).waitFor();
    expect(faults).toEqual([]);
  });

  it('shows as far back as the gateway remembers', async (test) => {
    const gateway = await startDemo(test);
    const first = await openDashboard(test, browser, gateway.url);
    await first.shows('price-change', /in ([5-9]|\d\d) s/);
    const { page, textOf } = await openDashboard(test, browser, gateway.url);
    await waitFor('more than the page itself has seen', async () => {
      const shownS = Number(/in (\d+) s/.exec(await textOf('price-change'))?.[1] ?? 0);
      return shownS - (await page.evaluate<number>('performance.now()')) / 1000 > 3;
    });
  });

  it('filters its log by level, and keeps lines that the engine has let go', async (test) => {
    const gateway = await startDemo(test);
    const { page, part, shows } = await openDashboard(test, browser, gateway.url);
    await shows('logs', /INFO/);
    gateway.engine.market.halt('a test');
    await shows('logs', /Trading halted: a test/);
    const lines = part('logs').getByRole('listitem');
    await page.getByRole('radio', { name: 'Warning' }).check();
    await waitFor('only warnings and errors', async () => {
      const texts = await lines.allTextContents();
      return texts.length > 0 && texts.every((text) => /WARNING|ERROR/.test(text));
    });
    await page.getByRole('radio', { name: 'All' }).check();
    for (let step = 0; step < 30; step += 1) gateway.engine.market.step();
    await waitFor('more lines than the document has', async () => (await lines.count()) > 10);
  });

  it.for([
    [360, 'dark'],
    [360, 'light'],
    [768, 'dark'],
    [1440, 'dark'],
    [1440, 'light'],
    [3840, 'dark'],
  ] as const)('fits a window of %i px, %s', async ([width, theme], test) => {
    const gateway = await startDemo(test);
    const height = Math.round(width > 1000 ? width * 0.5625 : 900);
    const dashboard = await openDashboard(test, browser, gateway.url, { width, height, theme });
    await dashboard.shows('price', /\d/);
    for (let packet = 0; packet < 2; packet += 1) await dashboard.nextPacket();
    await dashboard.shoot(`live-${theme}-${width}`);
    const overflow = await dashboard.page.evaluate<number>(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    expect(overflow).toBe(0);
  });
});
