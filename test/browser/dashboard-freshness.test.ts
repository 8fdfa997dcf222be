import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoryEvents } from '../../src/source/events.ts';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import { type DashboardPage, type OpenOptions, openDashboard } from '../support/dashboard-page.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { startScriptedEngine } from '../support/scripted-engine.ts';
import { stageGateway, stages } from '../support/staged-gateway.ts';
import { stateOf } from '../support/symbol-engine.ts';
import { type TestScope, useIn, waitFor } from '../support/wait.ts';

const figures = ['price', 'alpha', 'pnl', 'nav', 'cash', 'side', 'confidence', 'approved-size', 'status'];

/** Which of the figures are marked as the last known. */
async function staleOf({ part }: DashboardPage): Promise<string[]> {
  const marks = await Promise.all(figures.map((name) => part(name).getAttribute('data-stale')));
  return figures.filter((_, index) => marks[index] === 'true');
}

describe.skipIf(chromiumMissing)('The dashboard, of each value', () => {
  let browser: Browser;
  let files: TestGateway;
  beforeAll(async () => {
    browser = await launchChromium();
    files = await startGateway({ engine: false });
  });
  afterAll(async () => {
    await browser?.close();
    await files?.stop();
  });

  const stage = async (test: TestScope, name: keyof typeof stages, options: OpenOptions = {}) => {
    const page = await browser.newPage();
    const gateway = await stageGateway(page, stages[name]());
    const dashboard = await openDashboard(test, browser, files.url, { ...options, page });
    return { ...dashboard, gateway };
  };

  it('shows as live what events keep current, and the rest as the last known', async (test) => {
    const events = new MemoryEvents();
    const gateway = await useIn(test, startGateway({ events, engine: { publish: events.publish } }));
    const dashboard = await openDashboard(test, browser, gateway.url);
    const { part, shows, textOf, page } = dashboard;
    await shows('situation-text', /^Live · /);
    expect(await staleOf(dashboard)).toEqual([]);
    gateway.engine.faults.apply({ kind: 'hang', path: '/api/system/state' });
    await shows(
      'situation-text',
      /^Engine stopped answering .* price .* live by events, the rest is the last known$/,
    );
    expect(await part('price').getAttribute('data-stale')).toBe('false');
    expect(await staleOf(dashboard)).toEqual(expect.arrayContaining(['pnl', 'nav', 'cash', 'status']));
    expect(await part('card-price').getAttribute('data-state')).toBe('mixed');
    expect(await part('card-portfolio').getAttribute('data-state')).toBe('stale');
    expect(await part('card-agents').getAttribute('data-state')).toBe('fresh');
    // It moves on, in the tab’s title too.
    const price = await textOf('price');
    await waitFor('another price', async () => (await textOf('price')) !== price);
    await waitFor('the title', async () => /^[\d.]+ SPY$/.test(await page.title()));
    gateway.engine.faults.apply({ kind: 'none' });
    await shows('situation-text', /^Live · /);
    expect(await staleOf(dashboard)).toEqual([]);
  });

  it('says that an engine stands still, since when, and that its figures are the last known', async (test) => {
    const engine = await useIn(test, startScriptedEngine());
    const state = {
      ...stateOf('SPY', 500),
      signal: { side: 'BUY', confidence: 0.5 },
      governance: { approved_size: 0.1 },
    };
    engine.answerAll(() => state);
    const settings = { ENGINE_URL: engine.url, STATE_MAX_AGE_MS: '2000' };
    const gateway = await useIn(test, startGateway({ engine: false, settings }));
    const dashboard = await openDashboard(test, browser, gateway.url);
    const { part, shows, page } = dashboard;
    const words = await shows(
      'situation-text',
      /^The engine answers, but its timestamp stands still since \d\d:\d\d:\d\d: values are the last known$/,
    );
    // Local time, with UTC to point at.
    const utc = (await part('situation-text').locator('time').getAttribute('title')) ?? '';
    expect(utc).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    const local = await page.evaluate<string>(`new Date('${utc}').toTimeString().slice(0, 8)`);
    expect(words).toContain(`since ${local}:`);
    expect(await staleOf(dashboard)).toEqual(figures);
    await shows('source-state', /stale/);
    await waitFor('the title', async () => /^\(stale\) 500\.00 SPY$/.test(await page.title()));
  });

  it('shows none of the zeros of before the engine has spoken, and offers HALT', async (test) => {
    const settings = { ALLOW_COMMANDS: 'true' };
    const gateway = await useIn(test, startGateway({ engine: false, settings }));
    const { page, part, shows, textOf } = await openDashboard(test, browser, gateway.url);
    await shows('situation-text', /^The engine has not answered yet: no figures are known$/);
    for (const name of [...figures, 'symbol', 'reasoning']) {
      expect([name, await textOf(name), await part(name).getAttribute('class')]).toEqual([
        name,
        '',
        'skeleton',
      ]);
    }
    expect(await page.locator('main').textContent()).not.toMatch(/0\.00/);
    await shows('source-state', /down/);
    await shows('source-notes', /ECONNREFUSED/);
    await page.getByRole('button', { name: 'Halt …' }).waitFor();
    expect(await page.title()).toBe('(no word of the engine) telemetry');
  });

  it('takes its figures away where the gateway was restarted over a dead engine', async (test) => {
    const gateway = await useIn(test, startGateway());
    const { shows } = await openDashboard(test, browser, gateway.url);
    await shows('price', /\d/);
    await gateway.stop();
    await shows('situation-text', /^Reconnecting/);
    await shows('price', /\d/);
    await useIn(test, startGateway({ engine: false, settings: { PORT: `${gateway.port}` } }));
    await shows('situation-text', /^The engine has not answered yet/);
    await shows('price', /^$/);
  });

  it('draws nothing while nobody knows', async (test) => {
    const { gateway, part, shows, textOf } = await stage(test, 'fresh');
    await shows('price-range', /low 450\.31/);
    gateway.show(stages['standing-still']());
    await shows('price-range', /no price for [2-9] s/);
    gateway.show(stages['stale-live']());
    const secondsShown = async (): Promise<number> => {
      const [, seconds] = /in (\d+) s/.exec(await textOf('price-change')) ?? [];
      return Number(seconds);
    };
    const drawOn = async (seconds: number): Promise<void> => {
      const before = await secondsShown();
      await waitFor('more of the curve', async () => (await secondsShown()) >= before + seconds);
    };
    await waitFor('the price', async () => (await part('price').getAttribute('data-stale')) === 'false');
    await drawOn(1);
    const gapIn = (text: string): number => Number(/no price for (\d+) s/.exec(text)?.[1]);
    const gap = gapIn(await shows('price-range', /no price for \d+ s/));
    await drawOn(2);
    // A second that was missed in part only is drawn once all of it is known.
    expect([gap, gap - 1]).toContain(gapIn(await textOf('price-range')));
  });

  it('says what it is told by a gateway that falls silent', async (test) => {
    const dashboard = await stage(test, 'stale-live');
    await dashboard.shows('price', /450\.31/);
    expect(await dashboard.part('price').getAttribute('data-stale')).toBe('false');
    dashboard.gateway.hang();
    await dashboard.shows('situation-text', /^Gateway silent for \d s: values are the last known$/);
    expect(await staleOf(dashboard)).toEqual(figures);
    await dashboard.shows('source-state', /unknown/);
  });

  it('says that a status is unknown, offers HALT, and names what is odd', async (test) => {
    const { page, part, shows, textOf } = await stage(test, 'odd-values');
    await shows('status', /^unknown$/);
    await shows('situation-text', /^Live · the engine’s status is unknown · 3 sources fresh$/);
    await page.getByRole('button', { name: 'Halt …' }).waitFor();
    expect(await page.getByRole('button', { name: 'Resume …' }).count()).toBe(0);
    expect(await textOf('price')).toBe('–');
    await shows('source-notes', /market\.price: expected a number, got text/);
    expect(await part('source-state').getAttribute('title')).toContain('market.price: expected a number');
    await shows('engine-time', /^—$/);
  });

  it('shows times as they are here, with UTC to point at, and a dash where there is none', async (test) => {
    const { part, shows } = await stage(test, 'fresh');
    await shows('logs', /order filled/);
    const time = part('logs').locator('time');
    expect(await time.count()).toBe(1);
    expect(await time.getAttribute('title')).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    await shows('logs', /—WARNINGa line whose time cannot be read/);
    expect(await part('logs').textContent()).not.toContain('1970');
    await shows('engine-time', /^\d\d:\d\d:\d\d$/);
  });

  const looks = Object.keys(stages) as (keyof typeof stages)[];
  it.for(looks)('fits its window in both themes: %s', async (name, test) => {
    const { page, shows, shoot } = await stage(test, name, { width: 1440, height: 810 });
    await shows('situation-text', /engine|Engine|Live|halted/);
    await page.locator('canvas').first().waitFor();
    for (const [width, height] of [
      [1440, 810],
      [360, 900],
    ] as const) {
      await page.setViewportSize({ width, height });
      for (const theme of ['dark', 'light'] as const) {
        await page.emulateMedia({ colorScheme: theme });
        await shoot(`${name}-${theme}-${width}`);
      }
      const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
      expect(await page.evaluate<number>(overflow)).toBe(0);
    }
  });
});
