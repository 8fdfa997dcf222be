import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pack } from '../../src/encode/encoding.ts';
import { arbitraryJsonObject } from '../support/arbitrary-json.ts';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import { waitFor } from '../support/wait.ts';
import { openConsole, pageFile, startServer } from './websocket-test-page.ts';

interface Export {
  readonly frames: readonly { readonly direction: string; readonly decoded: string }[];
}

describe.skipIf(chromiumMissing)('The log of frames at /websocket-test', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  it('reads every frame as it was packed, and gives all of them to take away', async (test) => {
    const values = fc.sample(arbitraryJsonObject, 300);
    values.push({ text: 'é'.repeat(70_000), list: Array.from({ length: 70_000 }, (_, n) => n - 35_000) });
    for (let bits = 0; bits <= 53; bits++) values.push({ [bits]: 2 ** bits - 1, less: -(2 ** bits) + 2 });
    const url = await startServer(test, (socket) => {
      for (const value of values) socket.send(pack(value));
      socket.close(4404, 'no such thing');
    });
    const { page, connect, state, button } = await openConsole(test, browser, pageFile);
    await connect(url);
    await state('4404, not found (“no such thing”)');
    const download = page.waitForEvent('download');
    await button('Download').click();
    const { frames }: Export = JSON.parse(await readFile(await (await download).path(), 'utf8'));
    const received = frames.filter(({ direction }) => direction === 'received');
    expect(received.map(({ decoded }) => JSON.parse(decoded))).toEqual(values);
  });

  it('keeps the last 1,000 of a flood, and says how many it dropped', async (test) => {
    const url = await startServer(test, (socket) => {
      for (let seq = 1; seq <= 5000; seq++) socket.send(JSON.stringify({ type: 'TELEMETRY', seq }));
    });
    const { page, connect } = await openConsole(test, browser, pageFile);
    await connect(url);
    await page.getByText('1,000 entries kept (at most 1,000), 4,002 dropped').waitFor();
    const rows = page.getByRole('listitem');
    await waitFor('the last frame', async () => (await rows.last().innerText()).includes('"seq":5000'));
    expect(await rows.count()).toBe(1000);
    expect(await rows.first().innerText()).toContain('"seq":4001');
    await page.getByLabel('Filter frames by text').fill('"seq":4999');
    await waitFor('the filter', async () => (await page.locator('li:visible').count()) === 1);
    await page.getByLabel('Filter frames by direction').selectOption('sent');
    await page.getByText('No frame matches the filter.').waitFor();
  });

  it('stays where one reads, and goes on at the newest when asked', async (test) => {
    let say = (_text: string) => {};
    const url = await startServer(test, (socket) => {
      say = (text) => socket.send(text);
      for (let n = 0; n < 200; n++) socket.send(`line ${n}.`);
    });
    const { page, connect, row, button } = await openConsole(test, browser, pageFile);
    await connect(url);
    await row('line 199.').waitFor();
    const place = () => page.evaluate<number>('document.querySelector("#list").scrollTop');
    await row('line 20.').scrollIntoViewIfNeeded();
    await button('Newest ↓').waitFor();
    const before = await place();
    say('one more');
    await row('one more').waitFor();
    expect(await place()).toBe(before);
    await button('Newest ↓').click();
    await waitFor('the newest', async () => (await place()) > before);
    await button('Pause').click();
    say('while paused');
    await button('Resume (1 new)').click();
    await row('while paused').waitFor();
  });

  it('is walked with arrow keys, and opens with Enter', async (test) => {
    const url = await startServer(test, (socket) => socket.send('{"id":12345678901234567890,"list":[]}'));
    const { page, connect, row } = await openConsole(test, browser, pageFile);
    await connect(url);
    await row('12345678901234567890').waitFor();
    await page.getByRole('region', { name: 'oldest first' }).focus();
    for (const key of ['Home', 'ArrowDown', 'ArrowDown', 'Enter']) await page.keyboard.press(key);
    const shown = await page.getByRole('region', { name: 'JSON' }).textContent();
    expect(shown).toBe('{\n  "id": 12345678901234567890,\n  "list": []\n}');
  });

  it('takes what is sent to it for text, and nothing else', async (test) => {
    const hostile = '<img src=x onerror="document.title=1">';
    const deep = '['.repeat(20_000) + ']'.repeat(20_000);
    const message = JSON.stringify({ type: hostile, [hostile]: hostile });
    const url = await startServer(test, (socket) => {
      for (const text of [hostile, message, '{"__proto__":{"x":1}}', '['.repeat(50_000), deep])
        socket.send(text);
      socket.send(Buffer.from('dfffffffff', 'hex'));
      socket.close(4999, hostile);
    });
    const { page, faults, connect, state } = await openConsole(test, browser, pageFile);
    await connect(url);
    await state('4999, private to the application');
    // Each as it comes: the list may still be growing.
    await waitFor('what cannot be read', async () => {
      for (const one of await page.locator('.row').all()) {
        if ((await one.getAttribute('aria-expanded')) !== 'true') await one.click();
      }
      return await page.getByText('Not MessagePack').isVisible();
    });
    expect(await page.locator('img').count()).toBe(0);
    expect([await page.title(), faults]).toEqual(['WebSocket console', []]);
  });
});
