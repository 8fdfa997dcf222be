import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Environment } from '../../src/config/environment.ts';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import { openDashboard } from '../support/dashboard-page.ts';
import { startGateway } from '../support/gateway.ts';
import { secretToken, testClaims, testSecret } from '../support/tokens.ts';
import { type TestScope, useIn, waitFor } from '../support/wait.ts';

/** What a screen reader would call the part that has the focus; empty where none has. */
const nameOfFocused = `(() => {
  const part = document.activeElement;
  if (part === null || part === document.body) return '';
  return (part.getAttribute('aria-label') ?? part.labels?.[0]?.textContent ?? part.textContent).trim();
})()`;

describe.skipIf(chromiumMissing)('The dashboard’s controls', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  async function open(test: TestScope, settings: Environment = {}, address = '') {
    const gateway = await useIn(test, startGateway({ settings }));
    const dashboard = await openDashboard(test, browser, gateway.url + address);
    return { gateway, ...dashboard };
  }

  it('switch mode, encoding, interval, sections and symbol, and keep them in the address', async (test) => {
    const { page, shows, part, nextPacket, faults } = await open(test);
    await shows('granted', /^full · json · each change · all sections · default symbol$/);
    await page.getByRole('radio', { name: 'Delta' }).check();
    await shows('granted', /^delta · json/);
    await shows('saved', /^[1-9]\d?%$/);
    await page.getByRole('radio', { name: 'MessagePack' }).check();
    await shows('granted', /^delta · msgpack/);
    await nextPacket();
    await page.getByLabel('Interval').selectOption('500');
    await shows('granted', /every 500 ms/);
    // One after the other, before the first is answered.
    await page.evaluate(`for (const name of ['logs', 'signal']) {
      [...document.querySelectorAll('.sections label')].find((label) => label.textContent === name).click();
    }`);
    await shows('granted', /agents, governance, market, models, portfolio ·/);
    await shows('card-logs', /Not in this view/);
    await page.getByLabel('Symbol').fill('qqq');
    await page.getByLabel('Symbol').press('Enter');
    await shows('symbol', /^QQQ$/);
    await shows('price', /\d/);
    expect(new URL(page.url()).search).toBe(
      '?mode=delta&encoding=msgpack&interval=500&sections=agents,governance,market,models,portfolio&symbol=QQQ',
    );

    await page.reload();
    await shows('granted', /^delta · msgpack · every 500 ms · agents, .* · QQQ$/);
    await shows('symbol', /^QQQ$/);
    await page.getByRole('checkbox', { name: 'logs' }).check();
    await waitFor('the log', async () => (await part('logs').count()) === 1);
    expect(faults).toEqual([]);
  });

  it('say beside the symbol shown that another one is unknown, until one is chosen that is known', async (test) => {
    const { page, shows } = await open(test, {}, '/?symbol=NOPE');
    await shows('symbol-notice', /^The engine knows no NOPE$/);
    await shows('symbol', /^SPY$/);
    await shows('granted', /default symbol$/);
    expect(new URL(page.url()).search).toBe('');
    const choose = async (symbol: string): Promise<void> => {
      await page.getByLabel('Symbol').fill(symbol);
      await page.getByLabel('Symbol').press('Enter');
    };
    await choose('QQQ');
    await shows('symbol', /^QQQ$/);
    await shows('symbol-notice', /^$/);
    await choose('GONE');
    await shows('notice', /UNKNOWN_SYMBOL/);
    await shows('symbol-notice', /^The engine knows no GONE$/);
    await shows('symbol', /^SPY$/);
    await shows('granted', /default symbol$/);
  });

  it('halt and resume, once confirmed', async (test) => {
    const { page, gateway, shows, part, shoot, faults } = await open(test, { ALLOW_COMMANDS: 'true' });
    await shows('status', /^ACTIVE$/);
    await page.getByRole('button', { name: 'Halt …' }).click();
    await shoot('halt-dialog');
    await page.keyboard.press('Escape');
    await part('command-dialog').waitFor({ state: 'detached' });
    expect(gateway.engine.market.status()).toBe('ACTIVE');

    await page.getByRole('button', { name: 'Halt …' }).click();
    await page.getByLabel(/^Reason/).fill('drill');
    await page.getByRole('button', { name: 'Halt trading' }).dblclick();
    await shows('status', /^HALT$/);
    await shows('situation-text', /^Trading is halted/);
    await shows('logs', /Trading halted: drill/);
    expect(gateway.engine.market.status()).toBe('HALT');
    await shoot('halted');

    await page.getByRole('button', { name: 'Resume …' }).click();
    // The way back is the one that Enter takes.
    await page.locator('dialog button:focus', { hasText: 'Cancel' }).waitFor();
    await page.keyboard.press('Enter');
    await part('command-dialog').waitFor({ state: 'detached' });
    expect(gateway.engine.market.status()).toBe('HALT');
    await page.getByRole('button', { name: 'Resume …' }).click();
    await page.getByRole('button', { name: 'Resume trading' }).click();
    await shows('status', /^ACTIVE$/);
    const sent = gateway.log.entries.filter(({ fields }) => fields.audit === true);
    expect(sent.map(({ fields }) => [fields.command, fields.reason])).toEqual([
      ['HALT', 'drill'],
      ['RESUME', undefined],
    ]);
    expect(faults).toEqual([]);
  });

  it('say why a command failed, and stay', async (test) => {
    const { page, gateway, shows, part } = await open(test, { ALLOW_COMMANDS: 'true' });
    await shows('status', /^ACTIVE$/);
    gateway.engine.faults.apply({ kind: 'error', path: '/api/system/halt' });
    await page.getByRole('button', { name: 'Halt …' }).click();
    await page.getByRole('button', { name: 'Halt trading' }).click();
    await waitFor('the fault', async () => /^[A-Z_]+: /.test(await part('command-fault').innerText()));
    gateway.engine.faults.apply({ kind: 'none' });
    await page.getByRole('button', { name: 'Halt trading' }).click();
    await shows('status', /^HALT$/);
  });

  it('keep HALT within reach while a RESUME is not answered, and say elsewhere how it ended', async (test) => {
    const { page, gateway, shows, part, shoot, faults } = await open(test, { ALLOW_COMMANDS: 'true' });
    await shows('status', /^ACTIVE$/);
    await page.getByRole('button', { name: 'Halt …' }).click();
    await page.getByRole('button', { name: 'Halt trading' }).click();
    await shows('situation-text', /^Trading is halted/);
    await part('command-dialog').waitFor({ state: 'detached' });
    expect(await page.getByRole('button', { name: 'Halt …' }).count()).toBe(0);

    gateway.engine.faults.apply({ kind: 'hang', path: '/api/system/resume' });
    await page.getByRole('button', { name: 'Resume …' }).click();
    await page.getByRole('button', { name: 'Resume trading' }).click();
    await page.getByRole('button', { name: 'Resuming …' }).waitFor();
    await shoot('resume-pending');
    await page.keyboard.press('Escape');
    await part('command-dialog').waitFor({ state: 'detached' });
    await shows('command-notice', /^Resuming …$/);
    await page.getByRole('button', { name: 'Halt …' }).click();
    await page.getByRole('button', { name: 'Halt trading' }).click();
    await shows('command-notice', /^RESUME failed\. SUPERSEDED: /);
    await part('command-dialog').waitFor({ state: 'detached' });
    await shoot('resume-superseded');
    expect(gateway.engine.market.status()).toBe('HALT');
    await page.getByRole('button', { name: 'Dismiss' }).click();
    await shows('command-notice', /^$/);
    expect(faults).toEqual([]);

    await gateway.stop();
    await shows('situation-text', /^Reconnecting/);
    await page.getByRole('button', { name: 'Halt …' }).waitFor();
    await shoot('halted-lost');
  });

  it('offer no commands to those who may not', async (test) => {
    const { page, shows } = await open(test);
    await shows('role', /^viewer$/);
    expect(await page.getByRole('button', { name: /Halt|Resume/ }).count()).toBe(0);
  });

  it('take a token, by the address or by hand, and show it to nobody', async (test) => {
    const settings = { AUTH_JWT_SECRET: testSecret };
    const { page, shows, part } = await open(test, settings);
    await shows('situation-text', /^This gateway wants a token/);
    const token = await secretToken(testClaims({ role: 'operator' }));
    await page.getByRole('textbox', { name: /^Token/ }).fill(token);
    await page.getByRole('button', { name: 'Use' }).click();
    await shows('role', /^operator, may halt$/);
    await shows('price-change', /in \d+ s/);
    expect(await part('refusal').count()).toBe(0);
    await page.getByRole('button', { name: 'Forget' }).click();
    await shows('situation-text', /^This gateway wants a token/);
    const { origin } = new URL(page.url());
    await page.goto('about:blank');
    await page.goto(`${origin}/?mode=delta#token=${token}`);
    await shows('role', /^operator, may halt$/);
    expect(page.url()).toBe(`${origin}/?mode=delta`);
    expect(await part('card-connection').innerHTML()).not.toContain(token);
  });

  it('ask for another token when the one in use has expired', async (test) => {
    const token = await secretToken(testClaims({ exp: Math.floor(Date.now() / 1000) + 4 }));
    const settings = { AUTH_JWT_SECRET: testSecret };
    const { page, shows, shoot } = await open(test, settings, `/#token=${token}`);
    await shows('symbol', /^SPY$/);
    await shows('situation-text', /^The gateway wants another token: enter one below/);
    expect(await page.getByTestId('price').textContent()).toMatch(/\d/);
    await shoot('token-expired');
    await page.getByRole('textbox', { name: /^Token/ }).fill(await secretToken(testClaims()));
    await page.getByRole('button', { name: 'Use' }).click();
    await shows('situation-text', /^Live/);
  });

  it('are all reached by keyboard, and have names', async (test) => {
    const { page, shows } = await open(test, { ALLOW_COMMANDS: 'true' });
    await shows('status', /^ACTIVE$/);
    const names: string[] = [];
    await page.keyboard.press('Tab');
    await shows('situation-text', /./);
    for (let press = 0; press < 40; press += 1) {
      const name = await page.evaluate<string>(nameOfFocused);
      if (name === '' && names.length > 0) break;
      names.push(name);
      await page.keyboard.press('Tab');
    }
    for (const wanted of [
      'Skip to the figures',
      'Halt …',
      'Theme: auto',
      '1 min',
      'All',
      'Full',
      'JSON',
      'market',
    ]) {
      expect(names).toContain(wanted);
    }
    expect(names).not.toContain('');
  });

  it('change the theme, and remember it', async (test) => {
    const { page } = await open(test);
    const theme = () => page.evaluate<string>('document.documentElement.dataset.theme');
    expect(await theme()).toBe('dark');
    await page.getByRole('button', { name: 'Theme: auto' }).click();
    expect(await theme()).toBe('light');
    await page.reload();
    await page.getByRole('button', { name: 'Theme: light' }).waitFor();
    expect(await theme()).toBe('light');
  });
});
