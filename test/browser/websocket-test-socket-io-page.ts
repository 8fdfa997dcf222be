import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Socket as TcpSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Locator } from 'playwright-core';
import { Server, type Socket } from 'socket.io';
import { addPage } from '../../src/http/pages.ts';
import { socketIoLibrary } from '../../src/http/socket-io-library.ts';
import { routerFor } from '../http/http-set-up.ts';
import { type TestScope, waitFor } from '../support/wait.ts';
import { type ConsolePage, openConsole, pageFile } from './websocket-test-page.ts';

/** An empty folder, for the time of the test. */
export function folderIn(test: TestScope): string {
  const folder = mkdtempSync(join(tmpdir(), 'console-'));
  test.onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** The page as a gateway with Socket.IO serves it, with the client in it, on disk. */
export async function savePage(test: TestScope): Promise<URL> {
  const { router } = routerFor();
  addPage(router, '/console', pageFile, [], {
    id: 'socket-io-client',
    file: socketIoLibrary('socket.io.min'),
    isWanted: () => true,
  });
  const file = join(folderIn(test), 'websocket-test.html');
  writeFileSync(file, await (await router.request('/console')).text());
  return pathToFileURL(file);
}

/** A Socket.IO server that does to each connection what a test says. */
export async function startSocketIo(
  test: TestScope,
  talk: (socket: Socket) => void,
  { port = 0, pingInterval = 100 } = {},
) {
  const http = createServer();
  const server = new Server(http, { cors: { origin: '*' }, pingInterval, pingTimeout: 10_000 });
  server.on('connection', talk);
  const sockets = new Set<TcpSocket>();
  http.on('connection', (socket: TcpSocket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve));
  const address = http.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= server.close();
    // It would wait for one that is just being upgraded.
    for (const socket of sockets) socket.destroy();
    return stopping;
  };
  test.onTestFinished(stop);
  return { server, stop, port: address.port, url: `http://127.0.0.1:${address.port}` };
}

/** The Socket.IO tab, by what a person would look for. */
export interface SocketIoTab extends ConsolePage {
  /** Presses Connect, with another URL where one is given. */
  connect(url?: string): Promise<void>;
  /** Waits until the figures are so: "Live", or "Not live" and why. */
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
    async live(text) {
      const live = page.locator('#live');
      // Not as Playwright looks for text: "Not live" has "live" in it.
      await waitFor(`the figures to be "${text}"`, async () => (await live.innerText()).startsWith(text));
    },
    value: (name) =>
      page
        .getByRole('row')
        .filter({ has: page.getByRole('rowheader', { name, exact: true }) })
        .getByRole('cell'),
    fill: (label, text) => page.getByLabel(label, { exact: true }).filter({ visible: true }).fill(text),
  };
}

/** With that many tasks. */
export const snapshot = (total: number) => ({
  overview: {
    tasks: { total, running: 3, completed: 35, failed: 4 },
    costs: { total_cost: 12.45, haiku_cost: 0.0042 },
    claude_api: { total_requests: 156, total_input_tokens: 45_000 },
    tools: { total_calls: 234, by_type: { Read: 89, Edit: 45, Bash: 67 } },
  },
  sessions: { total_sessions: 15, tools_by_type: { Read: 9 } },
  activity: [{ description: 'Task completed', timestamp: 1_729_432_100.5 }],
  timestamp: 1_729_432_123.4,
});

/** Answers as the metrics dialect does, with `heard` of all events that came. */
export function speakMetrics(total = 42) {
  const heard: unknown[][] = [];
  const talk = (socket: Socket): void => {
    socket.onAny((...event) => heard.push(event));
    socket.emit('connected', { status: 'connected', client_id: socket.id });
    socket.on('subscribe', (config) => {
      socket.emit('subscribed', {
        status: 'subscribed',
        config: { hours: 24, update_interval: 2, ...config },
      });
      socket.emit('metrics_update', snapshot(total));
    });
    socket.on('unsubscribe', () => socket.emit('unsubscribed', { status: 'unsubscribed' }));
    socket.on('set_interval', ({ interval }) => socket.emit('interval_updated', { interval }));
    socket.on('request_refresh', () => socket.emit('metrics_update', snapshot(total + 1)));
  };
  return { heard, talk };
}
