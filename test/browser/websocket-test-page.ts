import type { Browser, Locator, Page } from 'playwright-core';
import { type WebSocket, WebSocketServer } from 'ws';
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
