import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDemoEngine } from '../../src/demo/engine.ts';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import { startGateway } from '../support/gateway.ts';
import { useIn, waitFor } from '../support/wait.ts';

const artifacts = fileURLToPath(new URL('../../.artifacts/', import.meta.url));

describe.skipIf(chromiumMissing)('The page at /', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  const textOf = async (page: Page, part: string): Promise<string> =>
    (await page.getByTestId(part).textContent())?.trim() ?? '';
  const shows = (page: Page, part: string, text: RegExp): Promise<string> =>
    waitFor(`${part} to show ${text}`, async () => {
      const shown = await textOf(page, part);
      return text.test(shown) && shown;
    });
  const seqOf = async (page: Page): Promise<number> =>
    Number((await textOf(page, 'seq')).replaceAll(/\D/g, ''));

  it('shows the state live, keeps it while the gateway is away, and comes back by itself', async (test) => {
    const engine = await useIn(test, createDemoEngine({ port: 0 }));
    const { url: engineUrl } = await engine.start();
    const start = (port: string) =>
      startGateway({ engine: false, settings: { ENGINE_URL: engineUrl, PORT: port } });
    const first = await useIn(test, start('0'));

    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    test.onTestFinished(() => page.close());
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (entry) => {
      // A connection that is refused while the gateway is away is logged by the browser itself.
      if (entry.type() === 'error' && !entry.text().includes('ERR_CONNECTION')) faults.push(entry.text());
    });
    await page.goto(first.url);
    await shows(page, 'connection', /connected/);
    await shows(page, 'symbol', /^SPY$/);
    await shows(page, 'status', /^ACTIVE$/);
    await shows(page, 'price', /\d/);
    const seq = await seqOf(page);
    await waitFor('the next packet', async () => (await seqOf(page)) > seq);
    await page.screenshot({ path: `${artifacts}dashboard-live.png` });

    await first.stop();
    await shows(page, 'connection', /^disconnected/);
    expect(await textOf(page, 'symbol')).toBe('SPY');
    expect(await textOf(page, 'price')).toMatch(/\d/);
    await page.screenshot({ path: `${artifacts}dashboard-away.png` });

    await useIn(test, start(`${first.port}`));
    await shows(page, 'connection', /^connected/);
    const again = await seqOf(page);
    await waitFor('the next packet', async () => (await seqOf(page)) > again);
    expect(faults).toEqual([]);
  });

  it('tells that the engine is away', async (test) => {
    const gateway = await useIn(test, startGateway());
    const page = await browser.newPage();
    test.onTestFinished(() => page.close());
    await page.goto(gateway.url);
    await shows(page, 'sources', /state.*fresh/);
    gateway.engine.faults.apply({ kind: 'stop', seconds: 600 });
    await shows(page, 'sources', /state.*stale/);
    expect(await textOf(page, 'symbol')).toBe('SPY');
  });
});
