import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import { openDashboard } from '../support/dashboard-page.ts';
import { snapshotOf, startMetricsEngine } from '../support/metrics-engine.ts';
import { liveMetrics, metricsCards, openMetrics } from '../support/metrics-page.ts';
import { useIn } from '../support/wait.ts';

describe.skipIf(chromiumMissing)('The metrics view of the dashboard, of its figures,', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  it('shows no figure of another range', async (test) => {
    const { page, part, shows, engine, streamsAsked } = await openMetrics(test, browser);
    engine.set({ snapshot: (hours) => ({ overview: { tasks: { total: Number(hours) } } }) });
    await shows('tasks-total', /^24$/);
    engine.set({ hangs: true });
    await page.getByLabel('7 d').check({ force: true });
    await shows('metrics-situation-text', /^The engine has not given metrics yet: no figures are known$/);
    expect(await part('tasks-total').count()).toBe(0);
    engine.set({ hangs: false });
    await shows('tasks-total', /^168$/);
    expect(streamsAsked()).toEqual(['?hours=24&interval=1', '?hours=168&interval=1']);
  });

  it('marks what is the last known, and how old it is, while the engine gives none', async (test) => {
    const { shows, part, engine, show, staleCards, faults } = await openMetrics(test, browser);
    await shows('metrics-situation-text', liveMetrics);
    engine.set({ status: 500 });
    await shows(
      'metrics-situation-text',
      /^No new metrics of the engine: values are the last known, \d+ s old$/,
    );
    await shows('metrics-reason', /500/);
    await shows('card-tasks', /^Tasksstale \d+ s/);
    expect(await staleCards()).toBe(metricsCards);
    expect(await part('metrics-situation-announcement').textContent()).toBe(
      'No new metrics of the engine: values are the last known',
    );
    engine.set({ status: 200 });
    show({ running: 1 });
    await shows('metrics-situation-text', liveMetrics);
    await shows('tasks-running', /^1$/);
    expect(await staleCards()).toBe(0);
    expect(faults).toEqual([]);
  });

  it('never shows as live what the gateway held before the engine failed', async (test) => {
    const first = await openMetrics(test, browser);
    await first.shows('metrics-situation-text', liveMetrics);
    first.engine.set({ status: 500 });
    await first.shows('metrics-situation-text', /^No new metrics of the engine/);
    const before = `window.painted = new Set();
      const look = () => {
        painted.add(document.querySelector('[data-testid=metrics]')?.dataset.state);
        requestAnimationFrame(look);
      };
      look();`;
    const second = await openDashboard(test, browser, `${first.url}/#metrics&interval=1`, { before });
    await second.shows('metrics-situation-text', /^No new metrics of the engine: values are the last known/);
    expect(await second.page.evaluate('[...painted]')).not.toContain('live');
  });

  it('is live again with the same figures, once the engine gives them again', async (test) => {
    const { shows, engine, staleCards } = await openMetrics(test, browser);
    await shows('metrics-situation-text', liveMetrics);
    engine.set({ status: 500 });
    await shows('metrics-situation-text', /^No new metrics of the engine/);
    engine.set({ status: 200 });
    await shows('metrics-situation-text', liveMetrics);
    expect(await staleCards()).toBe(0);
  });

  it('says that the engine has no such endpoint', async (test) => {
    const engine = await useIn(test, startMetricsEngine({ status: 404, snapshot: 'not found' }));
    const { shows, part } = await openMetrics(test, browser, '/#metrics', {
      settings: { ENGINE_URL: engine.url },
    });
    await shows('metrics-situation-text', /^No new metrics of the engine: no figures are known$/);
    await shows('metrics-reason', /404/);
    expect(await part('card-tasks').count()).toBe(0);
  });

  it('says that its stream is lost, and takes it up again', async (test) => {
    const { shows, proxy, staleCards } = await openMetrics(test, browser);
    await shows('metrics-situation-text', liveMetrics);
    proxy.impose({ kind: 'cut' });
    proxy.impose({ kind: 'refuse' });
    await shows('metrics-situation-text', /^No stream of metrics, .* values are the last known, \d+ s old$/);
    expect(await staleCards()).toBe(metricsCards);
    proxy.impose({ kind: 'none' });
    await shows('metrics-situation-text', liveMetrics);
    expect(await staleCards()).toBe(0);
  });

  it('says that nothing comes any more, though nobody ended the stream, and makes it anew', async (test) => {
    const { shows, proxy, staleCards, streamsAsked } = await openMetrics(test, browser);
    await shows('metrics-situation-text', liveMetrics);
    proxy.impose({ kind: 'stall', way: 'both' });
    await shows('metrics-situation-text', /^Gateway silent: values are the last known, \d+ s old$/);
    expect(await staleCards()).toBe(metricsCards);
    proxy.impose({ kind: 'forget' });
    proxy.impose({ kind: 'none' });
    await shows('metrics-situation-text', liveMetrics);
    expect(streamsAsked().length).toBeGreaterThan(1);
  });

  it('has no stream while nobody sees the page, and shows nothing of before as live', async (test) => {
    const before = `window.turn = (hidden) => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
      document.dispatchEvent(new Event('visibilitychange'));
    };`;
    const { page, shows, engine, show, part, streamsAsked, streamEnds } = await openMetrics(
      test,
      browser,
      '/#metrics',
      {
        before,
      },
    );
    await shows('metrics-situation-text', liveMetrics);
    const closed = streamEnds();
    await page.evaluate('turn(true)');
    await closed;
    engine.set({ hangs: true });
    await page.evaluate('turn(false)');
    await shows('metrics-situation-text', /values are the last known, \d+ s old$/);
    expect(await part('card-tasks').getAttribute('data-state')).toBe('stale');
    show({ running: 9 });
    engine.set({ hangs: false });
    await shows('metrics-situation-text', liveMetrics);
    await shows('tasks-running', /^9$/);
    expect(streamsAsked()).toHaveLength(2);
  });

  it.for([-3, 3])(
    'says when things happened, though the clock of this machine is %i h off',
    async (hours, test) => {
      const before = `{ const now = Date.now; Date.now = () => now() + ${hours} * 3_600_000; }`;
      const { shows, engine } = await openMetrics(test, browser, '/#metrics&interval=1', { before });
      const timestamp = Date.now() / 1000;
      engine.set({
        snapshot: () => ({ overview: {}, activity: [{ description: 'x', timestamp }], timestamp }),
      });
      await shows('card-activity', /\d s agox$/);
      await shows('metrics-situation-text', liveMetrics);
    },
  );

  it('says when an engine dates its figures, where that is not now', async (test) => {
    const { shows, engine } = await openMetrics(test, browser);
    const timestamp = Date.now() / 1000 - 7200;
    engine.set({ snapshot: { ...snapshotOf(2), timestamp } });
    await shows(
      'metrics-situation-text',
      /^Metrics live · unchanged for \d+ s · dated .*\d\d:\d\d by the engine$/,
    );
  });
});
