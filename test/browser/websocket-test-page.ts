import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Locator, Page } from 'playwright-core';
import { Server, type Socket } from 'socket.io';
import { type WebSocket, WebSocketServer } from 'ws';
import { addPage } from '../../src/http/pages.ts';
import { socketIoLibrary } from '../../src/http/socket-io-library.ts';
import { routerFor } from '../http/http-set-up.ts';
import type { TestScope } from '../support/wait.ts';

/** The page as it lies on disk. */
export const pageFile = new URL('../../src/dashboard/websocket-test.html', import.meta.url);

/** The page at `/websocket-test` in a browser, by what a person would look for. */
export interface ConsolePage {
  readonly page: Page;
  /** Errors of the script, and what the browser complained about. */
  readonly faults: readonly string[];
  readonly message: Locator;
  /** Presses Connect, with another URL where one is given. */
  connect(url?: string): Promise<void>;
  /** Waits until the state says so. */
  state(text: string): Promise<void>;
  row(text: string | RegExp): Locator;
  button(name: string): Locator;
  /** Of the tab that is shown. */
  field(label: string): Locator;
}

export async function openConsole(
  test: TestScope,
  browser: Browser,
  address: string | URL,
): Promise<ConsolePage> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  test.onTestFinished(() => page.close());
  const faults: string[] = [];
  page.on('pageerror', ({ message }) => faults.push(message));
  page.on('console', (entry) => entry.type() === 'error' && faults.push(entry.text()));
  await page.goto(`${address}`);
  const field = (label: string): Locator => page.getByLabel(label).filter({ visible: true });
  const button = (name: string): Locator => page.getByRole('button', { name, exact: true });
  return {
    page,
    faults,
    message: page.getByLabel('Message', { exact: true }),
    button,
    field,
    async connect(url) {
      if (url !== undefined) await field('URL').fill(url);
      await button('Connect').click();
    },
    state: (text) => page.locator('header [role=status]').filter({ hasText: text }).waitFor(),
    row: (text) => page.getByRole('listitem').filter({ hasText: text }),
  };
}

/** A server that does to each connection what a test says. Resolves with its URL. */
export async function startServer(
  test: TestScope,
  talk: (socket: WebSocket, offeredProtocols: string) => void,
): Promise<string> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  test.onTestFinished(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  server.on('connection', (socket, { headers }) => talk(socket, headers['sec-websocket-protocol'] ?? ''));
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `ws://127.0.0.1:${address.port}/`;
}

/** The page as a gateway with Socket.IO serves it, with the client in it, on disk. */
export async function savePage(test: TestScope): Promise<URL> {
  const { router } = routerFor();
  addPage(router, '/console', pageFile, [], {
    id: 'socket-io-client',
    file: socketIoLibrary('socket.io.min'),
    isWanted: () => true,
  });
  const folder = mkdtempSync(join(tmpdir(), 'console-'));
  test.onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'websocket-test.html');
  writeFileSync(file, await (await router.request('/console')).text());
  return pathToFileURL(file);
}

/** A Socket.IO server that does to each connection what a test says. */
export async function startSocketIo(test: TestScope, talk: (socket: Socket) => void, port = 0) {
  const http = createServer();
  const server = new Server(http, { cors: { origin: '*' }, pingInterval: 100, pingTimeout: 10_000 });
  server.on('connection', talk);
  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
  test.onTestFinished(() => server.close());
  const address = http.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { server, port: address.port, url: `http://127.0.0.1:${address.port}` };
}

/** The Socket.IO tab, by what a person would look for. */
export interface SocketIoTab extends ConsolePage {
  /** Presses Connect, with another URL where one is given. */
  connect(url?: string): Promise<void>;
  /** Whether the figures are live, in the page's words. */
  live(text: string): Promise<void>;
  /** The value beside a name in a table of the tab. */
  value(name: string): Locator;
  fill(label: string, text: string): Promise<void>;
}

export async function openSocketIoTab(
  test: TestScope,
  browser: Browser,
  address: string | URL,
): Promise<SocketIoTab> {
  const opened = await openConsole(test, browser, `${address}#socket-io`);
  const { page, button, field } = opened;
  return {
    ...opened,
    async connect(url) {
      if (url !== undefined) await field('URL').fill(url);
      await button('Connect').click();
    },
    live: (text) => page.locator('#live').filter({ hasText: text }).waitFor(),
    value: (name) =>
      page
        .getByRole('row')
        .filter({ has: page.getByRole('rowheader', { name, exact: true }) })
        .getByRole('cell'),
    fill: (label, text) => page.getByLabel(label, { exact: true }).filter({ visible: true }).fill(text),
  };
}
