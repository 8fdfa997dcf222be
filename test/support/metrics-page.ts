import type { Browser } from 'playwright-core';
import type { Environment } from '../../src/config/environment.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { type OpenOptions, openDashboard } from './dashboard-page.ts';
import { startFaultProxy } from './fault-proxy.ts';
import { startGateway } from './gateway.ts';
import { snapshotOf, startMetricsEngine } from './metrics-engine.ts';
import { type TestScope, useIn } from './wait.ts';

/** What the view says while its figures are current. */
export const liveMetrics = /^Metrics live · unchanged for /;
/** Of a whole snapshot. */
export const metricsCards = 6;

interface MetricsPageOptions extends OpenOptions {
  readonly settings?: Environment;
}

/**
 * Opens the dashboard before a gateway and an engine with metrics, through a proxy that may fail.
 *
 * @param address path, query and fragment
 */
export async function openMetrics(
  test: TestScope,
  browser: Browser,
  address = '/#metrics&interval=1',
  { settings = {}, ...options }: MetricsPageOptions = {},
) {
  const engine = await useIn(test, startMetricsEngine());
  const ownSettings = { ENGINE_URL: engine.url, ...settings };
  const gateway = await useIn(test, startGateway({ engine: false, settings: ownSettings }));
  const proxy = await useIn(test, startFaultProxy(gateway.port));
  const url = `http://127.0.0.1:${proxy.port}`;
  const page = await browser.newPage();
  const asked: URL[] = [];
  page.on('request', (request) => asked.push(new URL(request.url())));
  const dashboard = await openDashboard(test, browser, url + address, { ...options, page });
  return {
    ...dashboard,
    engine,
    proxy,
    url,
    /** All that the page asked for. */
    asked,
    /** Queries of the streams among them. */
    streamsAsked: () => asked.filter(({ search }) => search.startsWith('?hours')).map(({ search }) => search),
    /** Has the engine answer with these tasks, and nothing else of an overview. */
    show: (tasks: JsonObject) => engine.set({ snapshot: { ...snapshotOf(1), overview: { tasks } } }),
    staleCards: () => page.locator('[data-testid=metrics] [data-state=stale]').count(),
    /** Resolves when the page has ended a stream. */
    streamEnds: () => page.waitForEvent('requestfailed', (request) => request.url().includes('?hours=')),
  };
}
