import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TelemetryClientOptions } from '../../src/client/index.ts';
import { bundleScript } from '../support/bundle.ts';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import { startGateway } from '../support/gateway.ts';
import { secretToken, testClaims, testSecret } from '../support/tokens.ts';
import { type TestScope, useIn, waitFor } from '../support/wait.ts';
import { shortTiming } from './client-set-up.ts';

/** Something that stands before a gateway and says that it is away; the page may not read that. */
async function startBadProxy(test: TestScope, port = 0): Promise<{ url: string; stop(): Promise<void> }> {
  const server = createServer((_, response) => response.writeHead(502).end('<html>Bad Gateway'));
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  test.onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop };
}

describe.skipIf(chromiumMissing)('A client in a page', () => {
  let browser: Browser;
  let script: string;
  beforeAll(async () => {
    script = await bundleScript(fileURLToPath(new URL('./refused-page.ts', import.meta.url)));
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  /** A page that one gateway serves, with a client of another; and how often it sends something there. */
  async function openPage(test: TestScope, from: string, options: TelemetryClientOptions) {
    const page: Page = await browser.newPage();
    test.onTestFinished(() => page.close());
    await page.goto(`${from}/livez`);
    await page.addScriptTag({ content: script, type: 'module' });
    await page.waitForFunction("typeof createTelemetryClient === 'function'");
    let requests = 0;
    page.on('request', () => {
      requests += 1;
    });
    page.on('websocket', () => {
      requests += 1;
    });
    await page.evaluate(`globalThis.states = []; globalThis.client = createTelemetryClient(${JSON.stringify(options)});
      client.on('state', ({ state }) => states.push(state));`);
    const status = (): Promise<{ state: string; reason: string }> => page.evaluate('client.status');
    const becomes = (state: string) =>
      waitFor(state, async () => (await status()).state === state, { state: () => `${requests} requests` });
    return { page, status, becomes, requests: () => requests };
  }
  /** Long before the client would try again by itself. */
  const timing = { ...shortTiming, backoffMs: 30_000, backoffMaxMs: 30_000 };

  it('of a refused origin is refused after four requests, with what to set', async (test) => {
    const own = await useIn(test, startGateway());
    const settings = { ALLOWED_ORIGINS: 'https://dash.example' };
    const { url } = await useIn(test, startGateway({ settings }));
    const { status, becomes, requests } = await openPage(test, own.url, { url, timing });
    await becomes('refused');
    expect((await status()).reason).toBe(
      `websocket: this page may not read the answer: is ${own.url} in ALLOWED_ORIGINS, ` +
        'the host in ALLOWED_HOSTS?',
    );
    expect(requests()).toBeLessThanOrEqual(4);
  });

  it('of an origin that is listed is live', async (test) => {
    const own = await useIn(test, startGateway());
    const { url } = await useIn(test, startGateway({ settings: { ALLOWED_ORIGINS: own.url } }));
    const { becomes } = await openPage(test, own.url, { url, timing });
    await becomes('live');
  });

  it('without a token is unauthorized after four requests, in the gateway’s words, and live with one', async (test) => {
    const { url } = await useIn(test, startGateway({ settings: { AUTH_JWT_SECRET: testSecret } }));
    const { page, status, becomes, requests } = await openPage(test, url, { url, timing });
    await becomes('unauthorized');
    expect((await status()).reason).toContain('websocket: HTTP 401: UNAUTHENTICATED');
    expect(requests()).toBeLessThanOrEqual(4);
    const token = await secretToken(testClaims({ role: 'viewer' }), testSecret);
    await page.evaluate(`client.setToken(${JSON.stringify(token)})`);
    await becomes('live');
  });

  it('goes on trying where it takes a proxy’s page for a refusal', async (test) => {
    const own = await useIn(test, startGateway());
    const proxy = await startBadProxy(test);
    const { becomes } = await openPage(test, own.url, { url: proxy.url, timing: shortTiming });
    await becomes('refused');
    await proxy.stop();
    const { port } = new URL(proxy.url);
    await useIn(test, startGateway({ settings: { PORT: port } }));
    await becomes('live');
  });

  it('is never refused by a proxy’s page once it was live', async (test) => {
    const own = await useIn(test, startGateway());
    const gateway = await startGateway();
    const { page, becomes } = await openPage(test, own.url, { url: gateway.url, timing: shortTiming });
    await becomes('live');
    await gateway.stop();
    const proxy = await startBadProxy(test, gateway.port);
    await waitFor('the reason', async () => (await page.evaluate('client.status.reason')) !== '');
    await waitFor('more failures', async () => {
      const reason: string = await page.evaluate('client.status.reason');
      return reason.includes('polling');
    });
    await proxy.stop();
    await useIn(test, startGateway({ settings: { PORT: String(gateway.port) } }));
    await becomes('live');
    expect(await page.evaluate('states')).not.toContain('refused');
  });
});
