import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import { openDashboard } from '../support/dashboard-page.ts';
import { startGateway } from '../support/gateway.ts';
import { useIn } from '../support/wait.ts';

describe.skipIf(chromiumMissing)('The dashboard that is not let in', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium(['--host-resolver-rules=MAP dash.lan 127.0.0.1']);
  });
  afterAll(() => browser?.close());

  it('says which name to add to which setting, and is live once that is done', async (test) => {
    const gateway = await useIn(test, startGateway({ settings: { HOST: '127.0.0.1' } }));
    const url = `http://dash.lan:${gateway.port}`;
    const { page, shows, part, shoot, faults } = await openDashboard(test, browser, url);
    await shows('situation-text', /^The gateway does not let this page in: see below$/);
    await shows('refusal', /if the gateway is to be reached by "dash\.lan", add it to ALLOWED_HOSTS/);
    expect(await part('refusal').locator('li').allTextContents()).toEqual(['ALLOWED_HOSTS: dash.lan']);
    expect(await page.title()).toBe('(not let in) telemetry');
    expect(await page.getByRole('button', { name: /Halt/ }).count()).toBe(0);
    await shoot('refused');

    await gateway.stop();
    const settings = { HOST: '127.0.0.1', PORT: `${gateway.port}`, ALLOWED_HOSTS: 'dash.lan' };
    await useIn(test, startGateway({ settings }));
    await page.getByRole('button', { name: 'Try again' }).click();
    await shows('situation-text', /^Live/);
    expect(await part('refusal').count()).toBe(0);
    expect(faults).toEqual([]);
  });

  it('is live all the same where only other origins may open a WebSocket', async (test) => {
    const settings = { HOST: '0.0.0.0', ALLOWED_ORIGINS: 'https://dash.example' };
    const gateway = await useIn(test, startGateway({ settings }));
    const { shows } = await openDashboard(test, browser, `http://dash.lan:${gateway.port}`);
    await shows('connection', /^live, event stream$/);
    await shows('price', /\d/);
  });
});
