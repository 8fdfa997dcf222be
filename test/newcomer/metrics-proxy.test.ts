import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nginx, openssl, whyLeftOut } from '../setup/programs.mjs';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import { snapshotOf, startMetricsEngine } from '../support/metrics-engine.ts';
import { type Behind, prepareSite, type Site, startBehind as start } from '../support/proxied-gateway.ts';
import { type ProxyName, proxyKinds } from '../support/proxy.ts';
import { type TestScope, useIn } from '../support/wait.ts';

/**
 * Subscribes; resolves with the transport once the figures have moved. `options` are the client's. What the client
 * finds without a path is where sites have their Socket.IO as a rule, so that one is named.
 */
const subscribe = `([token, options]) => new Promise((resolve, reject) => {
  const path = new URL('socket.io/', location.href).pathname;
  const socket = io({ path, auth: { token }, reconnection: false, ...options });
  const refused = (error) => reject(new Error(error.message + ' ' + JSON.stringify(error.data)));
  socket.on('connect_error', refused);
  socket.on('disconnect', (reason) => reject(new Error(reason)));
  socket.on('error', ({ error }) => reject(new Error(error)));
  socket.on('connect', () => socket.emit('subscribe', { hours: 1, update_interval: 1 }));
  let count = 0;
  socket.on('metrics_update', () => {
    if (++count !== 2) return;
    const { name } = socket.io.engine.transport;
    socket.off('disconnect').disconnect();
    resolve(name);
  });
})`;

/** Resolves with how many seconds the stream's second snapshot was behind the engine's figures of that moment. */
const streamLag = `([token]) => new Promise((resolve, reject) => {
  let count = 0;
  const stream = new EventSource('api/stream/metrics?hours=1&interval=1&token=' + token);
  stream.onerror = () => reject(new Error('the stream ended'));
  stream.onmessage = async ({ data }) => {
    if (++count !== 2) return;
    stream.close();
    const headers = { authorization: 'Bearer ' + token };
    const answer = await fetch('api/metrics/overview?hours=1', { headers });
    resolve((await answer.json()).timestamp - JSON.parse(data).timestamp);
  };
})`;

const names = Object.keys(proxyKinds) as ProxyName[];

/** How users put two gateways behind one address, so that each client stays with one of them. */
const withAffinity: Readonly<Record<ProxyName, (shown: string, targets: readonly string[]) => string>> = {
  nginx: (shown, targets) =>
    `upstream gateways { ip_hash; ${targets.map((target) => `server ${target};`).join(' ')} }\n${shown.replace(`http://${targets[0]}/`, 'http://gateways/')}`,
  caddy: (shown, targets) =>
    shown.replace(
      `reverse_proxy ${targets[0]}`,
      `reverse_proxy ${targets.join(' ')} {\n lb_policy ip_hash\n }`,
    ),
  haproxy: (shown, targets) =>
    shown.replace(
      `server gateway ${targets[0]}`,
      ['balance source', ...targets.map((target, index) => `server gateway${index} ${target}`)].join('\n  '),
    ),
};

describe.skipIf(chromiumMissing || whyLeftOut(openssl))('The way of metrics through a proxy', () => {
  let site: Site;
  let browser: Browser;
  beforeAll(async () => {
    site = await prepareSite();
    browser = await launchChromium(site.browserArguments);
  });
  afterAll(async () => {
    await browser?.close();
    site?.stop();
  });

  /** Behind a proxy, with an engine whose figures are others each time. */
  async function startBehind(test: TestScope, name: ProxyName, options: Parameters<typeof start>[3] = {}) {
    let requests = 0;
    const snapshot = (hours: string) => {
      requests += 1;
      return snapshotOf(requests, hours);
    };
    const engine = await useIn(test, startMetricsEngine({ snapshot }));
    return start(test, site, name, { ...options, engineUrl: engine.url });
  }

  async function openPage(test: TestScope, { url }: Behind): Promise<Page> {
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    test.onTestFinished(() => context.close());
    const page = await context.newPage();
    await page.goto(`${url}/livez`);
    await page.addScriptTag({ url: 'socket.io/socket.io.js' });
    return page;
  }

  const transportOf = (page: Page, options: object = {}): Promise<string> =>
    page.evaluate<string>(`(${subscribe})(${JSON.stringify([site.token, options])})`);

  const lagOf = (page: Page): Promise<number> =>
    page.evaluate<number>(`(${streamLag})(${JSON.stringify([site.token])})`);

  for (const name of names) {
    const { program } = proxyKinds[name];
    it.skipIf(whyLeftOut(program))(
      `leads below a path, with TLS and a token, through ${program.title}`,
      async (test) => {
        const page = await openPage(test, await startBehind(test, name));
        expect(await transportOf(page)).toBe('websocket');
        expect(await transportOf(page, { transports: ['websocket'] })).toBe('websocket');
        expect(await transportOf(page, { transports: ['polling'] })).toBe('polling');
        // A proxy that holds events back until they fill a buffer lets several seconds of them come at once.
        expect(await lagOf(page)).toBeLessThan(10);
      },
    );

    it.skipIf(whyLeftOut(program))(
      `leads to one and the same of two gateways through ${program.title}`,
      async (test) => {
        const behind = await startBehind(test, name, { gateways: 2, change: withAffinity[name] });
        const page = await openPage(test, behind);
        expect(await transportOf(page, { transports: ['polling'] })).toBe('polling');
        expect(await transportOf(page)).toBe('websocket');
      },
    );
  }

  it.for<[string, RegExp]>([
    ['passes no Upgrade', /^ *proxy_set_header (Upgrade|Connection) .*$/gm],
    ['speaks HTTP/1.0', /^ *proxy_(http_version|set_header (Upgrade|Connection)) .*$/gm],
  ])('goes on by polling where nginx %s', async ([, leftOut], test) => {
    test.skip(whyLeftOut(nginx) !== false);
    const behind = await startBehind(test, 'nginx', { change: (shown) => shown.replaceAll(leftOut, '') });
    const page = await openPage(test, behind);
    expect(await transportOf(page)).toBe('polling');
    expect(await lagOf(page)).toBeLessThan(10);
  });

  it.skipIf(whyLeftOut(nginx))('takes any of two gateways for a WebSocket', async (test) => {
    const behind = await startBehind(test, 'nginx', {
      gateways: 2,
      change: (shown, targets) => withAffinity.nginx(shown, targets).replace('ip_hash;', ''),
    });
    const page = await openPage(test, behind);
    for (const _ of behind.gateways) {
      expect(await transportOf(page, { transports: ['websocket'] })).toBe('websocket');
    }
  });
});
