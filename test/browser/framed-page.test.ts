import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEngineServer } from '../source/engine-server.ts';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import { startGateway } from '../support/gateway.ts';
import { type TestScope, useIn, waitFor } from '../support/wait.ts';

/** A site of its own with a page that frames another. */
async function startPortal(test: TestScope, framed: () => string) {
  return await useIn(
    test,
    startEngineServer((_request, response) => {
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end(`<!doctype html><title>portal</title><iframe src="${framed()}" width=1200 height=800></iframe>`);
    }),
  );
}

describe.skipIf(chromiumMissing)('The dashboard in a frame of another site', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  it('is live where ALLOW_FRAMES lists that site, and stays out of every other', async (test) => {
    let framed = '';
    const [portal, other] = await Promise.all([
      startPortal(test, () => framed),
      startPortal(test, () => framed),
    ]);
    const gateway = await useIn(
      test,
      startGateway({ settings: { ALLOW_FRAMES: new URL(portal.url).origin } }),
    );
    framed = gateway.url;

    const inPortal = await browser.newPage();
    test.onTestFinished(() => inPortal.close());
    await inPortal.goto(portal.url);
    const price = inPortal.frameLocator('iframe').getByTestId('price');
    await waitFor('a price in the frame', async () => /\d/.test((await price.textContent()) ?? ''));

    const elsewhere = await browser.newPage();
    test.onTestFinished(() => elsewhere.close());
    const complaint = elsewhere.waitForEvent('console', (entry) => entry.text().includes('frame-ancestors'));
    await elsewhere.goto(other.url);
    expect((await complaint).text()).toContain(new URL(portal.url).origin);
  });
});
