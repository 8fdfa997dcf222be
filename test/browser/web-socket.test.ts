import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoryEvents } from '../../src/source/events.ts';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { type TestScope, useIn } from '../support/wait.ts';

/** Runs in the page: what a dashboard of one's own would do. Resolves with the packets and the close code. */
const listen = `(async ({ path, packets, say }) => {
  const socket = new WebSocket(new URL(path, location.href.replace(/^http/, 'ws')));
  const received = [];
  return new Promise((resolve) => {
    socket.onmessage = ({ data }) => {
      received.push(JSON.parse(data));
      if (received.length === 1 && say !== undefined) socket.send(say);
      if (received.length >= packets) socket.close();
    };
    socket.onclose = ({ code }) => resolve({ received, code });
  });
})`;

interface Heard {
  readonly received: readonly { readonly type: string; readonly seq?: number; readonly data?: object }[];
  readonly code: number;
}

describe.skipIf(chromiumMissing)('A WebSocket of a real browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  async function openPage(test: TestScope, gateway: TestGateway, path = '/health'): Promise<Page> {
    const page = await browser.newPage();
    test.onTestFinished(() => page.close());
    await page.goto(`${gateway.url}${path}`);
    return page;
  }
  const hear = (page: Page, options: object): Promise<Heard> =>
    page.evaluate<Heard>(`${listen}(${JSON.stringify(options)})`);

  it.each(['/', '/ws/stream'])('gets WELCOME and then TELEMETRY on %s', async (path) => {
    const gateway = await startGateway();
    const page = await browser.newPage();
    await page.goto(`${gateway.url}/health`);
    const { received } = await hear(page, { path, packets: 3 });
    expect(received.map(({ type }) => type)).toEqual(['WELCOME', 'TELEMETRY', 'TELEMETRY']);
    expect(received.at(-1)?.data).toMatchObject({ status: 'ACTIVE', market: { symbol: 'SPY' } });
    await page.close();
    await gateway.stop();
  });

  it('is let in with a subprotocol of its own, and with several where one is for a token', async (test) => {
    const gateway = await useIn(test, startGateway());
    const page = await openPage(test, gateway);
    const protocolOf = (path: string, protocols: readonly string[]): Promise<string> =>
      page.evaluate<string>(`new Promise((resolve) => {
        const url = new URL(${JSON.stringify(path)}, location.href.replace(/^http/, 'ws'));
        const socket = new WebSocket(url, ${JSON.stringify(protocols)});
        socket.onmessage = () => { resolve(socket.protocol); socket.close(); };
        socket.onerror = () => resolve('failed');
      })`);
    for (const path of ['/', '/ws/stream/', '/ws/diagnostics', '/ws/messages?instance=a'])
      expect([path, await protocolOf(path, ['chat.v1'])]).toEqual([path, 'chat.v1']);
    // Told in a frame, which a failed handshake would keep from the page.
    expect(await protocolOf('/ws/messages?instnace=a', ['chat.v1'])).toBe('chat.v1');
    expect(await protocolOf('/', ['token', 'no-token'])).toBe('token');
    expect(await protocolOf('/', ['eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.'])).toBe('failed');
  });

  it('is closed with 1009 for a message over 16 KiB and with 1001 at shutdown', async (test) => {
    const gateway = await useIn(test, startGateway());
    const page = await openPage(test, gateway);
    const say = 'x'.repeat(20_000);
    expect((await hear(page, { path: '/', packets: 1e9, say })).code).toBe(1009);
    const closed = hear(page, { path: '/', packets: 1e9 });
    await expect.poll(async () => (await gateway.metrics()).value('bff_clients')).toBe(1);
    await gateway.stop();
    expect((await closed).code).toBe(1001);
  });

  it('reads large packets whole, text beyond ASCII included', async (test) => {
    const events = new MemoryEvents();
    const gateway = await useIn(test, startGateway({ events, engine: false }));
    const page = await openPage(test, gateway);
    const texts = ['é'.repeat(200_000), '€😀'.repeat(30_000)];
    for (const [index, text] of texts.entries()) {
      events.publish('state_update', JSON.stringify({ [`text${index}`]: text }));
    }
    const { received } = await hear(page, { path: '/', packets: 1 });
    expect(received[0]?.data).toMatchObject({ text0: texts[0], text1: texts[1] });
  });

  it('is refused to a page of another origin, where origins are listed', async (test) => {
    const other = await useIn(test, startGateway({ engine: false }));
    const settings = { ALLOWED_ORIGINS: 'https://dash.example.com' };
    const gateway = await useIn(test, startGateway({ settings, engine: false }));
    const page = await openPage(test, other);
    const { received, code } = await hear(page, { path: gateway.wsUrl, packets: 1 });
    expect([received, code]).toEqual([[], 1006]);
    const allowed = await hear(page, { path: '/', packets: 1 });
    expect(allowed.received[0]?.type).toBe('WELCOME');
  });
});
