import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Environment } from '../../src/config/environment.ts';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import { openDashboard } from '../support/dashboard-page.ts';
import { startGateway } from '../support/gateway.ts';
import { type TestScope, useIn, waitFor } from '../support/wait.ts';

describe.skipIf(chromiumMissing)('The dashboard under a name that the gateway may not know', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchChromium(['--host-resolver-rules=MAP telemetry.test 127.0.0.1']);
  });
  afterAll(() => browser?.close());

  async function open(test: TestScope, settings: Environment) {
    const gateway = await useIn(test, startGateway({ settings: { HOST: '0.0.0.0', ...settings } }));
    const url = `http://telemetry.test:${gateway.port}`;
    return { gateway, url, dashboard: await openDashboard(test, browser, url) };
  }

  it('is live without WebSocket beside a list of origins, and says what to add to it', async (test) => {
    const { url, gateway, dashboard } = await open(test, { ALLOWED_ORIGINS: 'https://dash.example.com' });
    await dashboard.shows('price', /\d/);
    const says = new RegExp(`ALLOWED_ORIGINS: ${url}`);
    expect(await dashboard.shows('refusal', says)).not.toContain('ALLOWED_HOSTS');
    // It goes on saying so though nobody asks why further handshakes fail.
    const handshakes = () => gateway.log.entries.filter(({ fields }) => fields.path === '/ws/stream').length;
    const asked = handshakes();
    await waitFor('two more', () => handshakes() >= asked + 2);
    expect(await dashboard.textOf('refusal')).toMatch(says);
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
