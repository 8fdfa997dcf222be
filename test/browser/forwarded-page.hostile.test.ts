import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEngineServer } from '../source/engine-server.ts';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import { startGateway } from '../support/gateway.ts';
import { useIn } from '../support/wait.ts';

const script = `fetch('/api/orders/ran', { method: 'GET' }); document.title = 'ran'; localStorage.x = 'ran';`;
const page = `<!doctype html><html><head><title>still</title><script>${script}</script></head>
<body onload="${script.replaceAll('"', '&quot;')}"><img src=x onerror="document.title='ran'">
<meta http-equiv="refresh" content="0; url=/api/orders/ran"><form id=f action=/api/orders/ran></form>
<iframe src="/api/orders/ran"></iframe><link rel=stylesheet href=/api/orders/ran><p>shown</p></body></html>`;
const drawing = `<svg xmlns="http://www.w3.org/2000/svg"><script>${script}</script><text y="20">shown</text></svg>`;

describe.skipIf(chromiumMissing)('A page of the engine’s, opened through the gateway in Chromium,', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  it.for([
    ['/api/orders/page', 'text/html', page],
    ['/api/orders/drawing', 'image/svg+xml', drawing],
    ['/api/messages/page', 'text/html', page],
  ] as const)('runs nothing and loads nothing: %s', async ([path, type, body], test) => {
    const engine = await useIn(
      test,
      startEngineServer((_request, response) => {
        const headers = { 'content-type': type, 'content-security-policy': "script-src 'unsafe-inline' *" };
        response.writeHead(404, headers).end(body);
      }),
    );
    const settings = { ENGINE_URL: engine.url, ENGINE_PASSTHROUGH: '/api/orders', DIALECTS: 'streams' };
    const gateway = await useIn(test, startGateway({ engine: false, settings }));
    const context = await browser.newContext();
    test.onTestFinished(() => context.close());
    const tab = await context.newPage();
    await tab.goto(`${gateway.url}${path}`, { waitUntil: 'load' });
    expect(await tab.content()).toContain('shown');
    // Whatever would run has run by then: a round trip of the browser, and one of the gateway.
    await fetch(`${gateway.url}/livez`);
    expect(await tab.title()).not.toBe('ran');
    const origin = await tab.evaluate('origin');
    expect(origin).toBe('null');
    expect(engine.requests.filter(({ url }) => url?.includes('ran'))).toEqual([]);
  });
});
