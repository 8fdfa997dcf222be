import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import { liveMetrics, openMetrics } from '../support/metrics-page.ts';
import { secretToken, testClaims, testSecret } from '../support/tokens.ts';
import { waitFor } from '../support/wait.ts';

describe.skipIf(chromiumMissing)('The metrics view of the dashboard', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  it('shows each section, and what changes, and says that it is live', async (test) => {
    const { shows, part, show, staleCards, faults } = await openMetrics(test, browser);
    await shows('metrics-situation-text', liveMetrics);
    await shows('tasks-failed', /^4$/);
    await shows('costs-total', /^12\.45$/);
    await shows('api-total_input_tokens', /^45,000$/);
    expect(await part('card-tools').locator('tr').allInnerTexts()).toEqual([
      expect.stringMatching(/^Read\s+89\s+44%$/),
      expect.stringMatching(/^Bash\s+67\s+33%$/),
      expect.stringMatching(/^Edit\s+45\s+22%$/),
    ]);
    await shows('sessions-total_sessions', /^15$/);
    await shows('card-activity', /^Recent activity\d+ d agoTask completed$/);
    expect(await staleCards()).toBe(0);
    show({ running: 7 });
    await shows('tasks-running', /^7$/);
    // What is not sent any more has no card.
    expect(await part('card-costs').count()).toBe(0);
    expect(faults).toEqual([]);
  });

  it('shows costs in the currency that the engine states', async (test) => {
    const { shows, engine } = await openMetrics(test, browser);
    engine.set({ snapshot: { overview: { costs: { total_cost: '12.45', currency: 'EUR' } } } });
    await shows('costs-total', /^€12\.45$/);
  });

  it('loads its code, and asks for figures, once it is opened; and ends its stream when it is left', async (test) => {
    const { part, shows, engine, asked, streamsAsked, streamEnds } = await openMetrics(test, browser, '/');
    const isLoaded = (): boolean => asked.some(({ pathname }) => pathname.includes('metrics-view'));
    await part('tab-metrics').waitFor();
    await shows('situation-text', /./);
    expect(isLoaded()).toBe(false);
    expect(engine.requests).toEqual([]);
    await part('tab-metrics').click();
    await shows('metrics-situation-text', liveMetrics);
    expect(isLoaded()).toBe(true);
    expect(await part('card-price').isVisible()).toBe(false);
    const closed = streamEnds();
    await part('tab-telemetry').click();
    await closed;
    expect(await part('metrics').count()).toBe(0);
    await part('tab-metrics').click();
    await shows('metrics-situation-text', liveMetrics);
    expect(streamsAsked()).toHaveLength(2);
  });

  it('is one of two tabs, reached by keyboard, kept in the address with what was chosen', async (test) => {
    const { page, part, shows, faults } = await openMetrics(test, browser, '/?mode=delta');
    await part('tab-metrics').waitFor();
    expect(await part('tab-telemetry').getAttribute('aria-selected')).toBe('true');
    await part('tab-telemetry').focus();
    await page.keyboard.press('ArrowRight');
    await shows('metrics-situation-text', liveMetrics);
    const focused = page.locator(':focus');
    expect(await focused.getAttribute('aria-selected')).toBe('true');
    const panel = page.locator(`[id="${await focused.getAttribute('aria-controls')}"]`);
    expect(await panel.getAttribute('role')).toBe('tabpanel');
    expect(await panel.getAttribute('aria-labelledby')).toBe(await focused.getAttribute('id'));
    const address = () => new URL(page.url()).search + new URL(page.url()).hash;
    expect(address()).toBe('?mode=delta#metrics');
    await page.getByLabel('1 h').check({ force: true });
    await page.getByLabel('Interval').selectOption('10 s');
    expect(address()).toBe('?mode=delta#metrics&hours=1&interval=10');
    await page.getByRole('link', { name: 'Skip to the figures' }).press('Enter');
    await waitFor('the address', () => address() === '?mode=delta#metrics&hours=1&interval=10');
    await part('tab-metrics').press('Home');
    expect(address()).toBe('?mode=delta');
    await part('tab-telemetry').press('ArrowLeft');
    await part('tab-telemetry').press('End');
    expect(address()).toBe('?mode=delta#metrics&hours=1&interval=10');
    await page.reload();
    await shows('metrics-situation-text', liveMetrics);
    expect(await page.getByLabel('1 h').isChecked()).toBe(true);
    expect(faults).toEqual([]);
  });

  it('asks for a token where metrics alone want one, and puts it into no address', async (test) => {
    const settings = { AUTH_JWT_SECRET: testSecret, AUTH_DIALECTS: 'metrics' };
    const { page, shows, part, asked } = await openMetrics(test, browser, '/', { settings });
    await shows('situation-text', /./);
    await part('tab-metrics').click();
    await shows(
      'metrics-situation-text',
      /^The gateway wants another token for metrics: no figures are known$/,
    );
    await page.getByRole('button', { name: 'Enter a token' }).click();
    const token = await secretToken(testClaims());
    await page.keyboard.type(token);
    await page.keyboard.press('Enter');
    await shows('metrics-situation-text', liveMetrics);
    expect(asked.filter(({ href }) => href.includes(token))).toEqual([]);
  });

  it('is not offered where the gateway serves no metrics, and says so where the address asks for it', async (test) => {
    const settings = { DIALECTS: 'telemetry' };
    const { page, part, shows } = await openMetrics(test, browser, '/', { settings });
    const told = page.waitForResponse((response) => response.url().endsWith('/api/stream/metrics'));
    await page.reload();
    expect((await told).status()).toBe(404);
    await shows('situation-text', /./);
    await waitFor('no tabs', async () => (await part('tab-metrics').count()) === 0);
    await page.goto(`${new URL(page.url()).origin}/#metrics`);
    await shows(
      'metrics-situation-text',
      /^This gateway serves no metrics \(“metrics” is not among its DIALECTS\)/,
    );
    await part('tab-telemetry').click();
    await waitFor('the tabs to go', async () => (await part('tab-metrics').count()) === 0);
  });

  it('is live where the gateway serves no telemetry, and the page says so', async (test) => {
    const { shows } = await openMetrics(test, browser, '/#metrics', { settings: { DIALECTS: 'metrics' } });
    await shows('metrics-situation-text', liveMetrics);
    await shows('situation-text', /^This gateway serves no telemetry/);
  });

  it('shows what an engine sends as text, and no more of it than there is room for', async (test) => {
    const { page, part, shows, engine, faults } = await openMetrics(test, browser);
    const bad = '<img src=x onerror="document.title=1">';
    const byType = Object.fromEntries(Array.from({ length: 3000 }, (_, index) => [`tool-${index}`, index]));
    engine.set({
      snapshot: {
        overview: {
          tasks: { toString: 3, [bad]: 4 },
          costs: { total_cost: 0.000_123, [`${bad}_cost`]: 1 },
          tools: { total_calls: 7, by_type: { ...byType, [bad]: 1e6, ['x'.repeat(10_000)]: 9e5 } },
        },
        activity: [{ description: bad, timestamp: 1e300 }],
        timestamp: 1,
      },
    });
    await shows('card-activity', /onerror/);
    expect(await page.locator('img').count()).toBe(0);
    expect(await part('card-tools').locator('tr').count()).toBe(13);
    expect(await part('card-tools').locator('tr').last().innerText()).toMatch(
      /^2990 others\s+4,468,555\s+70%$/,
    );
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: 900 });
      const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
      expect(await page.evaluate<number>(overflow)).toBe(0);
    }
    expect(faults).toEqual([]);
  });

  it.for(['live', 'outage', 'empty'] as const)('fits its window in both themes: %s', async (scene, test) => {
    const { page, shows, engine, shoot } = await openMetrics(test, browser);
    if (scene === 'empty') engine.set({ snapshot: { overview: {} } });
    await shows('metrics-situation-text', liveMetrics);
    if (scene === 'empty') await shows('metrics-empty', /no figures/);
    if (scene === 'outage') {
      engine.set({ status: 500 });
      await shows('metrics-situation-text', /last known/);
    }
    for (const [width, height] of [
      [1440, 900],
      [390, 844],
    ] as const) {
      await page.setViewportSize({ width, height });
      for (const theme of ['dark', 'light'] as const) {
        await page.emulateMedia({ colorScheme: theme });
        await shoot(`metrics-${scene}-${theme}-${width}`);
      }
      const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
      expect(await page.evaluate<number>(overflow)).toBe(0);
    }
  });
});
