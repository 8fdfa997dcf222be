import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Environment } from '../../src/config/environment.ts';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import { openDashboard } from '../support/dashboard-page.ts';
import { startGateway } from '../support/gateway.ts';
import { type TestScope, useIn } from '../support/wait.ts';

describe.skipIf(chromiumMissing)('The dashboard under a name that the gateway may not know', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium(['telemetry.test']);
  });
  afterAll(() => browser?.close());

  async function open(test: TestScope, settings: Environment) {
    const gateway = await useIn(test, startGateway({ settings: { HOST: '0.0.0.0', ...settings } }));
    const url = `http://telemetry.test:${gateway.port}`;
    return { gateway, url, dashboard: await openDashboard(test, browser, url) };
  }

  it('loads, and says what to add to ALLOWED_ORIGINS, though its GET requests pass', async (test) => {
    const { url, gateway, dashboard } = await open(test, { ALLOWED_ORIGINS: 'https://dash.example.com' });
    const shown = await dashboard.shows('refusal', /ALLOWED_ORIGINS/);
    expect(shown).toContain(`ALLOWED_ORIGINS: ${url}`);
    expect(shown).not.toContain('ALLOWED_HOSTS');
    const refused = gateway.log.entries.filter(({ message }) => message === 'refused');
    // The handshake, and the question why.
    expect(refused.map(({ fields }) => fields)).toMatchObject([
      { path: '/ws/stream' },
      { path: '/api/telemetry' },
    ]);
    expect(dashboard.faults).toEqual([]);
  });

  it('loads, and says what to add to ALLOWED_HOSTS', async (test) => {
    const { dashboard } = await open(test, { ALLOWED_HOSTS: 'gateway.test' });
    const shown = await dashboard.shows('refusal', /ALLOWED_HOSTS/);
    expect(shown).toContain('ALLOWED_HOSTS: telemetry.test');
    expect(shown).not.toContain('ALLOWED_ORIGINS');
  });

  it.for<Environment>([{}, { ALLOWED_ORIGINS: 'https://dash.example.com', ALLOWED_HOSTS: 'telemetry.test' }])(
    'is live where it is let in: %o',
    async (settings, test) => {
      const { dashboard } = await open(test, settings);
      await dashboard.shows('price', /\d/);
      expect(await dashboard.part('refusal').count()).toBe(0);
    },
  );
});
