import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nginx, openssl, whyLeftOut } from '../setup/programs.mjs';
import { type Certificate, makeCertificate } from '../support/certificate.ts';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import { openDashboard } from '../support/dashboard-page.ts';
import { freePort } from '../support/free-port.ts';
import { commandResult, spawnEngine, spawnGateway } from '../support/gateway-process.ts';
import { nobody } from '../support/nobody.ts';
import { exampleOf, makeTokenAsShown, names, pages, tablesIn } from '../support/pages.ts';
import { type ProxyName, proxyKinds, startProxy } from '../support/proxy.ts';
import { type TestScope, useIn } from '../support/wait.ts';

const host = 'dash.example.com';
const secret = 'a secret of at least thirty-two bytes';

/** The settings that the page wants behind a proxy. */
function settingsShown(): Record<string, string> {
  const rows = pages.flatMap(({ text }) => tablesIn(text, 'setting of the gateway', 'value'));
  const given = rows.map(([name, value = '']) => [
    names(name)[0] ?? '',
    names(value)[0] ?? value.split(',')[0] ?? '',
  ]);
  return { ...Object.fromEntries(given), AUTH_JWT_SECRET: secret };
}

/** The page's own configuration of a proxy, with the places of this test in place of the page's. */
function configurationShown(name: ProxyName, { port, target, certificate, key }: Places): string {
  const tls = `${host}:${port} {\n bind 127.0.0.1\n tls ${certificate} ${key}`;
  const changes: Readonly<Record<ProxyName, Readonly<Record<string, string>>>> = {
    nginx: { 'listen 443': `listen 127.0.0.1:${port}`, '/etc/ssl/dash.example.com.key': key },
    caddy: { 'dash.example.com {': tls },
    haproxy: { 'bind :443': `bind 127.0.0.1:${port}` },
  };
  const everywhere = { '127.0.0.1:3000': target, '/etc/ssl/dash.example.com.pem': certificate };
  let code = shown[name];
  for (const [from, to] of Object.entries({ ...everywhere, ...changes[name] })) code = code.replace(from, to);
  expect(code).toContain(target);
  expect(code).toContain(certificate);
  return code;
}

const shown: Readonly<Record<ProxyName, string>> = {
  nginx: exampleOf('nginx'),
  caddy: exampleOf('Caddy'),
  haproxy: exampleOf('HAProxy'),
};

interface Places extends Certificate {
  readonly port: number;
  /** Host and port of the gateway. */
  readonly target: string;
}

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
  let folder: string;
  let certificate: Certificate;
  let browser: Browser;
  let token: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'certificates-'));
    certificate = await makeCertificate(folder, host, 'localhost');
    browser = await launchChromium([`--host-resolver-rules=MAP ${host} 127.0.0.1`]);
    token = await makeTokenAsShown(secret);
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A gateway that is nobody's, behind the proxy; resolves with the proxy's port. */
  async function startBehind(test: TestScope, name: ProxyName): Promise<number> {
    const engine = await useIn(test, spawnEngine());
    const gateway = await useIn(test, spawnGateway({ ...settingsShown(), ENGINE_URL: engine.url }, nobody()));
    const port = await freePort();
    const places = { ...certificate, port, target: `127.0.0.1:${gateway.port}` };
    await useIn(test, startProxy(name, configurationShown(name, places), port));
    return port;
  }

  for (const name of Object.keys(proxyKinds) as ProxyName[]) {
    const { program } = proxyKinds[name];
    it.skipIf(whyLeftOut(program))(
      `leads below a path of its own, with TLS and a token, through ${program.title}`,
      async (test) => {
        const url = `https://${host}:${await startBehind(test, name)}/telemetry`;
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
    const url = `https://localhost:${await startBehind(test, 'nginx')}/telemetry`;
    const env = { NODE_EXTRA_CA_CERTS: certificate.authority, TELEMETRY_TOKEN: token };
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
