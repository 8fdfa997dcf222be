import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import {
  connecting,
  connectingToOwnServer,
  hearingOfConnection,
  streaming,
  subscribing,
} from '../support/shipped-metrics-page.ts';
import { type TestScope, useIn, waitFor } from '../support/wait.ts';

/** Figures move with nearly every poll. */
const lively = { engine: { activity: 10 } };

const require = createRequire(import.meta.url);
/** The library of the pages of that time, which they had from elsewhere. */
const shippedLibrary = readFileSync(require.resolve('socket.io-client-4.7/dist/socket.io.js'), 'utf8');
const byPolling = connecting.replace("['websocket', 'polling']", "['polling']");
const shownHere = `
const shown = [];
const updateUI = (data) => shown.push(data);
`;
const showing = `socket.on('metrics_update', updateUI);`;

/** A page with these scripts, in this order; one that is an address is loaded from there. */
const pageOf = (...scripts: readonly string[]): string =>
  `<!doctype html><title>metrics</title>${scripts
    .map((script) =>
      /^(http:|\/socket)/.test(script) ? `<script src="${script}"></script>` : `<script>${script}</script>`,
    )
    .join('\n')}`;

describe.skipIf(chromiumMissing)('A page of an earlier monitoring server, in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  /** Opens a page; resolves when figures that have moved were shown, with the addresses of its WebSockets. */
  async function showsFigures(test: TestScope, open: (page: Page) => Promise<unknown>): Promise<string[]> {
    const page = await browser.newPage();
    test.onTestFinished(() => page.close());
    const [faults, sockets]: [string[], string[]] = [[], []];
    page.on('pageerror', ({ message }) => faults.push(message));
    page.on('console', (entry) => entry.type() === 'error' && faults.push(entry.text()));
    page.on('websocket', (socket) => sockets.push(socket.url()));
    await open(page);
    await waitFor('figures that have moved', () => page.evaluate<boolean>('shown.length >= 2'), {
      state: () => faults,
    });
    const keys: string[] = await page.evaluate('Object.keys(shown[1])');
    expect(keys).toEqual(expect.arrayContaining(['overview', 'sessions', 'activity', 'timestamp']));
    expect(faults).toEqual([]);
    return sockets;
  }

  /** Serves a page at an origin of its own. */
  async function serve(test: TestScope, html: string): Promise<string> {
    const server = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end(html);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    test.onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return `http://127.0.0.1:${address.port}`;
  }

  const here = (script: string, { url }: TestGateway): string =>
    script.replaceAll('http://localhost:3000', url);
  const whole = (script: string, gateway: TestGateway): string =>
    here(
      `${shownHere}${script}${hearingOfConnection}${showing}socket.on('connect', () => {${subscribing}});`,
      gateway,
    );

  it.for<[string, string]>([
    ['a WebSocket', connecting],
    ['polling', byPolling],
  ])('of another server shows figures by %s', async ([, script], test) => {
    const gateway = await useIn(test, startGateway(lively));
    for (const library of [shippedLibrary, `${gateway.url}/socket.io/socket.io.js`]) {
      const url = await serve(test, pageOf(library, whole(script, gateway)));
      const sockets = await showsFigures(test, (page) => page.goto(url));
      expect(sockets).toHaveLength(script === connecting ? 1 : 0);
    }
  });

  it.for<[string, string]>([
    ['a WebSocket', connecting],
    ['polling', byPolling],
  ])('saved to disk and opened from there shows figures by %s', async ([, script], test) => {
    const gateway = await useIn(test, startGateway(lively));
    const folder = mkdtempSync(join(tmpdir(), 'saved-page-'));
    test.onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'websocket_test_standalone.html');
    writeFileSync(file, pageOf(shippedLibrary, whole(script, gateway)));
    await showsFigures(test, (page) => page.goto(pathToFileURL(file).href));
  });

  it.for<[string, readonly string[]]>([
    ['a stream', [streaming]],
    ['Socket.IO and the library of the gateway', ['/socket.io/socket.io.js', connectingToOwnServer]],
    ['Socket.IO and its small library', ['/socket.io/socket.io.min.js', connectingToOwnServer]],
    ['Socket.IO and the library of that time', [shippedLibrary, connectingToOwnServer]],
  ])('of the gateway’s own origin shows figures by %s', async ([, scripts], test) => {
    const gateway = await useIn(test, startGateway(lively));
    const html = pageOf(shownHere, ...scripts);
    await showsFigures(test, async (page) => {
      await page.goto(`${gateway.url}/livez`);
      await page.setContent(html);
    });
  });
});
