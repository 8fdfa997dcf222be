import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import { openDashboard } from '../support/dashboard-page.ts';
import { startDashboardProxy } from '../support/dashboard-proxy.ts';
import { startGateway } from '../support/gateway.ts';
import { stageGateway, stages } from '../support/staged-gateway.ts';
import { secretToken, testClaims, testSecret } from '../support/tokens.ts';
import { useIn } from '../support/wait.ts';

describe.skipIf(chromiumMissing)('The dashboard’s HALT', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());

  it('reaches the engine behind a proxy that lets through neither WebSockets nor event streams', async (test) => {
    const gateway = await useIn(test, startGateway({ settings: { ALLOW_COMMANDS: 'true' } }));
    const proxy = await useIn(test, startDashboardProxy(gateway.port));
    proxy.block({ webSockets: true, eventStreams: true });
    const { page, shows, part, faults } = await openDashboard(test, browser, proxy.url);
    await shows('transport', /^POLLING$/);
    await page.getByRole('button', { name: 'Halt …' }).click();
    await page.getByLabel(/^Reason/).fill('drill');
    await page.getByRole('button', { name: 'Halt trading' }).click();
    await part('command-dialog').waitFor({ state: 'detached' });
    expect(gateway.engine.market.status()).toBe('HALT');
    await shows('halt-line', /^Halted at \d\d:\d\d:\d\d/);
    expect(faults).toEqual([]);
  });

  it('says that nothing was sent yet, while the gateway is gone, and can be cancelled', async (test) => {
    const gateway = await useIn(test, startGateway({ settings: { ALLOW_COMMANDS: 'true' } }));
    const { page, shows, part, shoot } = await openDashboard(test, browser, gateway.url);
    await shows('role', /may halt$/);
    await gateway.stop();
    await shows('situation-text', /^Reconnecting/);
    await page.getByRole('button', { name: 'Halt …' }).click();
    await page.getByRole('button', { name: 'Halt trading' }).click();
    await shows('command-fault', /^Nothing was sent yet, still trying …$/);
    await shoot('halt-unsent');
    await page.keyboard.press('Escape');
    await shows('command-notice', /^HALT: nothing was sent yet, still trying …$/);
    await shoot('halt-unsent-left');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await shows('command-notice', /^$/);
    await page.getByRole('button', { name: 'Halt …' }).click();
    await page.getByRole('button', { name: 'Halt trading' }).click();
    await shows('command-fault', /^Nothing was sent yet/);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await part('command-dialog').waitFor({ state: 'detached' });
  });

  it('asks for another token where the one in use has expired', async (test) => {
    const settings = { AUTH_JWT_SECRET: testSecret };
    const gateway = await useIn(test, startGateway({ settings }));
    const exp = Math.floor(Date.now() / 1000) - 60;
    const token = await secretToken(testClaims({ role: 'operator', exp }));
    const { page, shows, shoot } = await openDashboard(test, browser, `${gateway.url}/#token=${token}`);
    await page.getByRole('button', { name: 'Halt …' }).click();
    await page.getByRole('button', { name: 'Halt trading' }).click();
    await shows('command-fault', /^UNAUTHENTICATED: the token has expired\.$/);
    await shoot('halt-token-expired');
    await page.getByRole('button', { name: 'Enter a token' }).click();
    await page.locator('input#token:focus').waitFor();
  });

  it('is shown to be contradicted until somebody has taken note of it', async (test) => {
    const page = await browser.newPage();
    const staged = await stageGateway(page, stages.halted());
    const gateway = await useIn(test, startGateway());
    const { shows, textOf } = await openDashboard(test, browser, gateway.url, { page });
    const warning = /^The engine acknowledged HALT, and says that it is ACTIVE: it may still be trading\./;
    await shows('halt-line', /^Halted by ann \(operator\) at [\d:]+: drill$/);
    staged.show(stages.contradicted());
    await shows('contradiction', warning);
    await page.getByRole('button', { name: 'Acknowledge' }).click();
    await shows('contradiction', /^$/);
    await page.reload();
    await shows('halt-line', /ann/);
    expect(await textOf('contradiction')).toBe('');
    staged.show(stages.halted());
    await shows('status', /^HALT$/);
    staged.show(stages.contradicted());
    await shows('contradiction', warning);
    await page.reload();
    await shows('contradiction', warning);
  });
});
