import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nginx, openssl, whyLeftOut } from '../setup/programs.mjs';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import { openDashboard } from '../support/dashboard-page.ts';
import { commandResult } from '../support/gateway-process.ts';
import { prepareSite, type Site, startBehind } from '../support/proxied-gateway.ts';
import { type ProxyName, proxyKinds } from '../support/proxy.ts';

/** Counts events of a stream; resolves with how far the newest was behind the gateway's state after the second. */
const eventLag = `(token) => new Promise((resolve, reject) => {
  let count = 0;
  const stream = new EventSource('api/stream/telemetry?sections=market&interval=1000&token=' + token);
  stream.onerror = () => reject(new Error('the stream ended'));
  stream.onmessage = async ({ lastEventId }) => {
    if (++count !== 2) return;
    stream.close();
    const headers = { authorization: 'Bearer ' + token };
    const { headers: answer } = await fetch('api/telemetry?sections=market', { headers });
    const seq = (position) => Number(/-(\\d+)/.exec(position)[1]);
    resolve(seq(answer.get('etag')) - seq(lastEventId));
  };
})`;

const halt = `async (token) => {
  const headers = { authorization: 'Bearer ' + token };
  const answer = await fetch('api/telemetry/halt', { method: 'POST', headers });
  return [answer.status, (await answer.json()).type];
}`;

const inPage = <T>(page: Page, code: string, token: string): Promise<T> =>
  page.evaluate<T>(`(${code})(${JSON.stringify(token)})`);

describe.skipIf(chromiumMissing || whyLeftOut(openssl))('The way in through a proxy', () => {
  let site: Site;
  let browser: Browser;
  let token: string;
  beforeAll(async () => {
    site = await prepareSite();
    token = site.token;
    browser = await launchChromium(site.browserArguments);
  });
  afterAll(async () => {
    await browser?.close();
    site?.stop();
  });

  for (const name of Object.keys(proxyKinds) as ProxyName[]) {
    const { program } = proxyKinds[name];
    it.skipIf(whyLeftOut(program))(
      `leads below a path of its own, with TLS and a token, through ${program.title}`,
      async (test) => {
        const { url } = await startBehind(test, site, name);
        const context = await browser.newContext({ ignoreHTTPSErrors: true });
        test.onTestFinished(() => context.close());
        const sockets: string[] = [];
        const blank = await context.newPage();
        blank.on('websocket', (socket) => sockets.push(socket.url()));
        const dashboard = await openDashboard(test, browser, `${url}#token=${token}`, { page: blank });
        await dashboard.nextPacket();
        expect(sockets).toEqual([`${url.replace('https:', 'wss:')}/ws/stream`]);
        expect(dashboard.page.url()).toBe(`${url}/`);
        // A proxy that holds events back until they fill a buffer lets several seconds of them come at once.
        expect(await inPage(dashboard.page, eventLag, token)).toBeLessThan(10);
        expect(await inPage(dashboard.page, halt, token)).toEqual([200, 'ACK']);
        await dashboard.shows('situation', /halted/i);
        const { page } = dashboard;
        await page.goto(`${url}/websocket-test`);
        expect(await page.getByRole('textbox', { name: 'URL' }).inputValue()).toBe(
          `${url.replace('https:', 'wss:')}/`,
        );
        expect(dashboard.faults).toEqual([]);
      },
    );
  }

  it.skipIf(whyLeftOut(nginx))('leads there from a shell too', async (test) => {
    const { port } = await startBehind(test, site, 'nginx');
    const url = `https://localhost:${port}/telemetry`;
    const env = { NODE_EXTRA_CA_CERTS: site.certificate.authority, TELEMETRY_TOKEN: token };
    const tailed = await commandResult(
      ['tail', url.replace('https:', 'wss:'), '--once', '--token', token],
      env,
    );
    expect(tailed).toMatchObject({ code: 0, stderr: '' });
    const halted = await commandResult(['halt', url], env);
    expect(halted).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('HALT acknowledged by the engine'),
    });
  });
});
