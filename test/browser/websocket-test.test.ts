import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import { startGateway } from '../support/gateway.ts';
import { type TestScope, useIn, waitFor } from '../support/wait.ts';
import { openConsole, pageFile, startServer } from './websocket-test-page.ts';
import { startSocketIo } from './websocket-test-socket-io-page.ts';

const artifacts = fileURLToPath(new URL('../../.artifacts/', import.meta.url));
const sent = /^↑sent/;
const offeredNow = `Array.from(document.getElementById('endpoint').options, ({ value }) => value)`;

describe.skipIf(chromiumMissing)('The page at /websocket-test', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  async function openServed(test: TestScope, settings = {}) {
    const gateway = await startGateway({ settings });
    test.onTestFinished(() => gateway.stop());
    return await openConsole(test, browser, `${gateway.url}/websocket-test`);
  }

  it.for(['served', 'disk'])('(%s) shows what a gateway says, up to its close', async (from, test) => {
    const gateway = await useIn(test, startGateway());
    const isServed = from === 'served';
    const address = isServed ? `${gateway.url}/websocket-test` : pageFile;
    const { page, faults, connect, state, row, button, field } = await openConsole(test, browser, address);
    const home = isServed ? gateway.wsUrl : 'ws://localhost:3000';
    expect(await field('URL').inputValue()).toBe(`${home}/`);
    await connect(isServed ? undefined : gateway.wsUrl);
    await state('Connected');
    await row('WELCOME').waitFor();
    await button('PING').click();
    const t = /"t":(\d+)/.exec(await row(sent).innerText())?.[1];
    await row('PONG').getByText(`"t":${t},`).waitFor();
    await page.screenshot({ path: `${artifacts}websocket-test-${from}.png` });
    await gateway.stop();
    await state('1001, going away');
    expect(faults).toEqual([]);
  });

  it('offers what the gateway serves, and all that it knows where it came from disk', async (test) => {
    const offered = (page: Page): Promise<string[]> => page.evaluate<string[]>(offeredNow);
    const disk = await openConsole(test, browser, pageFile);
    const all = await offered(disk.page);
    expect(all).toEqual(
      expect.arrayContaining(['/ws', '/ws/stream', '/ws/instances/NAME/logs?backlog=100&ansi=strip']),
    );

    const served = await openServed(test, { DIALECTS: 'streams' });
    await served.page.getByRole('option', { name: '/ws/stream' }).first().waitFor({ state: 'detached' });
    expect(await offered(served.page)).toEqual([
      '',
      ...all.filter((path) => /^\/ws\/(instances|messages)/.test(path)),
    ]);
    expect(await served.field('URL').inputValue()).toMatch(/\/ws\/messages$/);
    await served.connect();
    await served.state('Connected');
    expect(served.faults).toEqual([]);
  });

  it('decodes MessagePack, beside the bytes', async (test) => {
    const { page, connect, row } = await openServed(test);
    await page.getByLabel('Endpoint').selectOption('/ws/stream?encoding=msgpack');
    await connect();
    const welcome = row('WELCOME');
    await welcome.getByRole('button').click();
    const decoded = await welcome.getByRole('region', { name: 'JSON' }).innerText();
    expect(JSON.parse(decoded)).toMatchObject({ type: 'WELCOME', granted: { encoding: 'msgpack' } });
    const bytes = await welcome.getByRole('region', { name: 'Bytes' }).innerText();
    expect(bytes).toMatch(/^000000 {2}8. a4 74 79 70 65 a7 57/);
  });

  it('says why a message is no JSON, and recalls what was sent', async (test) => {
    const { page, message, connect, state, row } = await openServed(test);
    await message.fill('{"type": PING}');
    await page.getByText('Not JSON: ').waitFor();
    await message.press('Enter');
    await page.getByText('Not connected: nothing was sent.').waitFor();
    await connect();
    await state('Connected');
    for (const text of ['{"type":"RESYNC"}', 'not json']) {
      await message.fill(text);
      await message.press('Enter');
      await row(text).waitFor();
    }
    await message.press('ArrowUp');
    expect(await message.inputValue()).toBe('{"type":"RESYNC"}');
    await page.getByText('JSON, 17 bytes').waitFor();
  });

  it('asks before it sends HALT, however it came into the message', async (test) => {
    const { message, connect, state, row, button } = await openServed(test, { ALLOW_COMMANDS: 'true' });
    await connect();
    await state('Connected');
    await message.fill('{"type":"HA\\u004cT"}');
    await message.press('Enter');
    await button('Cancel').click();
    expect(await row(sent).count()).toBe(0);
    await button('HALT…').click();
    await message.press('Enter');
    await button('Send HALT').click();
    await row('ACK').waitFor();
    expect(await row(sent).count()).toBe(1);
  });

  it('says that it may connect only to where it came from', async (test) => {
    const url = await startServer(test, () => {});
    const { connect, state, button } = await openServed(test);
    await connect(url);
    await state('Blocked');
    expect(await button('Disconnect').isDisabled()).toBe(true);
  });

  it('offers a token as a subprotocol, shows it nowhere, and comes back by itself', async (test) => {
    const offers: string[] = [];
    const url = await startServer(test, (socket, offered) => {
      offers.push(offered);
      if (offers.length === 1) socket.close(1013);
    });
    const { page, connect, state, field } = await openConsole(test, browser, pageFile);
    await field('Token').fill('aaa.bbb.ccc');
    await field('Reconnect by itself').check();
    await connect(`${url}?token=ddd.eee.fff&access_token=ddd.ggg.hhh`);
    await waitFor('the retry', () => offers.length === 2);
    await state('subprotocol token');
    expect(offers.map((offer) => offer.split(/, ?/))).toEqual(Array(2).fill(['token', 'aaa.bbb.ccc']));
    expect(await page.locator('body').innerText()).not.toMatch(/aaa|ddd/);
  });

  it('speaks Socket.IO, and keeps it alive', async (test) => {
    const { port } = await startSocketIo(test, (socket) => {
      socket.on('subscribe', ({ hours }) => socket.emit('metrics_update', { hours }));
    });
    const { page, message, connect, row, button, field } = await openConsole(test, browser, pageFile);
    await field('URL').fill(`ws://127.0.0.1:${port}`);
    await page.getByLabel('Endpoint').selectOption({ label: '/socket.io/?EIO=4&transport=websocket' });
    await connect();
    await row('open').waitFor();
    await button('connect (40)').click();
    await button('subscribe…').click();
    await message.press('Enter');
    await row('metrics_update').getByText('42["metrics_update",{"hours":24}]').waitFor();
    await waitFor('three answers', async () => (await row(/^↑sent.*pong/s).count()) >= 3);
  });
});
