import { parseArgs } from 'node:util';
import type { CDPSession, Page } from 'playwright-core';
import { launchChromium } from '../support/chromium.ts';
import { waitFor } from '../support/wait.ts';
import { monotonicMs, pause } from './monotonic.ts';
import { startPublisher } from './publisher.ts';
import { runBench } from './run-bench.ts';
import { startStand } from './stand.ts';

// The dashboard in a real Chromium at 20 updates a second: what its main thread does, and whether its heap grows.
// The window is 1440 × 900 and in view all the time, so every update is painted.

const everyMs = 50;
const warmUpMs = 20_000;
const mebibyte = 1024 * 1024;
const { minutes } = parseArgs({
  strict: false,
  options: { minutes: { type: 'string', default: '5' } },
}).values;
const measureMs = Number(minutes) * 60_000;

interface Reading {
  /** Time in which the main thread ran tasks, ms since the page began. */
  readonly taskMs: number;
  readonly scriptMs: number;
  readonly layoutMs: number;
  readonly heapBytes: number;
  readonly nodes: number;
  readonly at: number;
}

async function read(session: CDPSession): Promise<Reading> {
  const { metrics } = await session.send('Performance.getMetrics');
  const at = monotonicMs();
  const value = (name: string): number => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN;
  return {
    taskMs: value('TaskDuration') * 1000,
    scriptMs: value('ScriptDuration') * 1000,
    layoutMs: (value('LayoutDuration') + value('RecalcStyleDuration')) * 1000,
    heapBytes: value('JSHeapUsedSize'),
    nodes: value('Nodes'),
    at,
  };
}

/** After a collection: garbage that is about to be collected is no growth. */
async function readCollected(session: CDPSession): Promise<Reading> {
  await session.send('HeapProfiler.collectGarbage');
  return await read(session);
}

async function numberIn(page: Page, name: string): Promise<number> {
  const text = (await page.getByTestId(name).textContent()) ?? '';
  return Number(text.replaceAll(/[^\d.]/g, ''));
}

/** Opens the page with an empty cache. */
async function timeFirstPrice(page: Page, url: string): Promise<number> {
  await page.addInitScript(`
    window.pricedAt = 0;
    const look = () => {
      if (/\\d/.test(document.querySelector('[data-testid=price]')?.textContent ?? '')) pricedAt = performance.now();
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  `);
  await page.goto(url);
  await waitFor('the first price', () => page.evaluate<boolean>('pricedAt > 0'));
  return await page.evaluate<number>('pricedAt - performance.getEntriesByType("navigation")[0].loadEventEnd');
}

await runBench('dashboard', async ({ pinning, use, say }) => {
  const { gateway, redis } = await startStand(
    { pinning, use },
    {
      MAX_RATE_HZ: '0',
    },
  );
  const publisher = await use(startPublisher(redis.url));
  const browser = await launchChromium();
  await use({ stop: () => browser.close() });
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const faults: string[] = [];
  page.on('pageerror', ({ message }) => faults.push(message));
  const firstPriceMs = await timeFirstPrice(page, `http://127.0.0.1:${gateway.port}`);
  const stopPublishing = publisher.publishUntilStopped(everyMs);
  await waitFor('20 updates a second', async () => (await numberIn(page, 'updates-per-second')) >= 19, {
    timeoutMs: warmUpMs,
  });
  await pause(warmUpMs);
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  await session.send('HeapProfiler.enable');

  say(`measuring for ${measureMs / 60_000} min (--minutes N for another time)`);
  const before = await readCollected(session);
  const firstSeq = await numberIn(page, 'seq');
  await pause(measureMs);
  const after = await read(session);
  const packets = (await numberIn(page, 'seq')) - firstSeq;
  const collected = await readCollected(session);
  await stopPublishing();

  const elapsedMs = after.at - before.at;
  const share = (spentMs: number): number => (spentMs / elapsedMs) * 100;
  return [
    {
      name: 'first price painted, after the page had loaded',
      value: firstPriceMs,
      unit: 'ms',
      bar: { is: '<', value: 1000 },
    },
    {
      name: 'main thread busy, of one core',
      value: share(after.taskMs - before.taskMs),
      unit: '%',
      bar: { is: '<', value: 15 },
      note: `${((after.taskMs - before.taskMs) / packets).toFixed(2)} ms an update`,
    },
    { name: 'of which script', value: share(after.scriptMs - before.scriptMs), unit: '%' },
    { name: 'of which style and layout', value: share(after.layoutMs - before.layoutMs), unit: '%' },
    {
      name: 'JS heap, growth after a collection',
      value: (collected.heapBytes - before.heapBytes) / mebibyte,
      unit: 'MB',
      bar: { is: '<', value: 10 },
      note: `from ${(before.heapBytes / mebibyte).toFixed(1)} MB; ${(after.heapBytes / mebibyte).toFixed(1)} MB before the collection`,
    },
    { name: 'DOM nodes, growth', value: collected.nodes - before.nodes, unit: '' },
    {
      name: 'versions shown',
      value: packets / (elapsedMs / 1000),
      unit: '/s',
      bar: { is: '≥', value: 19 },
    },
    { name: 'errors on the page', value: faults.length, unit: '', bar: { is: '=', value: 0 } },
  ];
});
