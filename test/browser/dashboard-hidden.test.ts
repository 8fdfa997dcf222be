import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import { openDashboard } from '../support/dashboard-page.ts';
import { startDashboardProxy } from '../support/dashboard-proxy.ts';
import { startGateway } from '../support/gateway.ts';
import { startScriptedEngine } from '../support/scripted-engine.ts';
import { stateOf } from '../support/symbol-engine.ts';
import { type TestScope, useIn, waitFor } from '../support/wait.ts';

/** A browser without windows shows every page always: what the page is told of it is told by the test. */
const visibility = `
  window.turn = (hidden) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event('visibilitychange'));
  };
  turn(location.hash === '#hidden');
`;
/** Notes each price that is shown as live, as it is painted, once the page is shown again. */
const watchPrices = `
  window.painted = [];
  window.look = () => {
    const price = document.querySelector('[data-testid=price]');
    if (price.dataset.stale === 'false' && painted.at(-1) !== price.textContent) painted.push(price.textContent);
    requestAnimationFrame(look);
  };
`;
const hide = (page: Page): Promise<unknown> => page.evaluate('turn(true)');

describe.skipIf(chromiumMissing)('The dashboard that nobody sees', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  async function open(
    test: TestScope,
    blocked: { webSockets: boolean; eventStreams: boolean },
    address = '',
  ) {
    const scene = { price: 500, status: 'ACTIVE' };
    const engine = await useIn(test, startScriptedEngine());
    engine.answerAll(() => ({
      ...stateOf('SPY', scene.price),
      timestamp: new Date().toISOString(),
      status: scene.status,
    }));
    const gateway = await useIn(test, startGateway({ engine: false, settings: { ENGINE_URL: engine.url } }));
    const proxy = await useIn(test, startDashboardProxy(gateway.port));
    proxy.block(blocked);
    const dashboard = await openDashboard(test, browser, proxy.url + address, {
      before: visibility + watchPrices,
    });
    const titled = (title: string): Promise<unknown> =>
      waitFor(`the title ${title}`, async () => (await dashboard.page.title()) === title, {
        timeoutMs: 30_000,
      });
    return { ...dashboard, scene, engine, titled };
  }

  it.for([
    ['WebSocket', { webSockets: false, eventStreams: false }],
    ['event stream', { webSockets: true, eventStreams: false }],
    ['polling', { webSockets: true, eventStreams: true }],
  ] as const)(
    'tells of a HALT in its title, and shows no old price as live: %s',
    async ([way, blocked], test) => {
      const { page, shows, part, scene, titled, faults } = await open(test, blocked, '/?interval=250');
      await shows('connection', new RegExp(`${way}$`));
      await titled('500.00 SPY');
      await hide(page);
      await titled('SPY telemetry');
      await waitFor('a pause', async () => (await part('price').getAttribute('data-stale')) === 'true');
      expect(await part('status').getAttribute('data-stale')).toBe('false');

      scene.price = 600;
      scene.status = 'HALT';
      await titled('(halted) SPY telemetry');
      scene.price = 700;
      await waitFor('a poll of the last price', async () => {
        const answer: { market: { price: number } } = await (
          await fetch(new URL('/api/telemetry', page.url()))
        ).json();
        return answer.market.price === 700;
      });
      await page.evaluate('turn(false); look();');
      await waitFor('the new price', async () => (await page.evaluate<string[]>('painted')).length > 0);
      await titled('(halted) 700.00 SPY');
      expect(await page.evaluate('painted')).toEqual(['700.00']);
      expect(new URL(page.url()).search).toBe('?interval=250');
      expect(faults).toEqual([]);
    },
  );

  it('tells of a loss of freshness in its title', async (test) => {
    const { page, engine, titled } = await open(test, { webSockets: false, eventStreams: false });
    await titled('500.00 SPY');
    await hide(page);
    await titled('SPY telemetry');
    await engine.stop();
    await titled('(stale) SPY telemetry');
  });

  it('is paused from the start where it was opened out of sight, and whole when it is shown', async (test) => {
    const asked = new Set<string>();
    const { page, shows, titled } = await open(test, { webSockets: false, eventStreams: false }, '/#hidden');
    page.on('websocket', (socket) => asked.add(new URL(socket.url()).search));
    await page.reload();
    await titled('SPY telemetry');
    expect([...asked]).toEqual(['?interval=pause']);
    await shows('granted', /paused, urgent news only/);
    await page.evaluate('turn(false)');
    await shows('granted', /each change/);
    await titled('500.00 SPY');
    expect(new URL(page.url()).search).toBe('');
  });
});
