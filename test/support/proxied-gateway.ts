import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type Certificate, makeCertificate } from './certificate.ts';
import { freePort } from './free-port.ts';
import { type GatewayProcess, spawnEngine, spawnGateway } from './gateway-process.ts';
import { nobody } from './nobody.ts';
import { exampleOf, makeTokenAsShown, names, pages, tablesIn } from './pages.ts';
import { type ProxyName, startProxy } from './proxy.ts';
import { type TestScope, useIn } from './wait.ts';

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

/** What a site of users has before a gateway comes to it: a name, a certificate for it, an operator's token. */
export interface Site {
  readonly certificate: Certificate;
  readonly token: string;
  /** With them Chromium finds the site here. */
  readonly browserArguments: readonly string[];
  stop(): void;
}

export async function prepareSite(): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), 'certificates-'));
  return {
    certificate: await makeCertificate(folder, host, 'localhost'),
    token: await makeTokenAsShown(secret),
    browserArguments: [`--host-resolver-rules=MAP ${host} 127.0.0.1`],
    stop: () => rmSync(folder, { recursive: true, force: true }),
  };
}

interface BehindOptions {
  /** What users change in the page's configuration of the proxy, given the gateways as host and port. */
  readonly change?: (configuration: string, targets: readonly string[]) => string;
  /** Default: one. */
  readonly gateways?: number;
  /** Of an engine that runs already. Default: the demo's, which ends with the test. */
  readonly engineUrl?: string;
}

export interface Behind {
  /** Where the proxy serves the gateway. */
  readonly url: string;
  /** The proxy's. */
  readonly port: number;
  readonly gateways: readonly GatewayProcess[];
}

/** Starts gateways that are nobody's, with the settings that the page wants, and the proxy before them as it shows. */
export async function startBehind(
  test: TestScope,
  { certificate }: Site,
  name: ProxyName,
  { change = (configuration) => configuration, gateways: count = 1, engineUrl }: BehindOptions = {},
): Promise<Behind> {
  const url = engineUrl ?? (await useIn(test, spawnEngine())).url;
  const gateways: GatewayProcess[] = [];
  while (gateways.length < count) {
    gateways.push(await useIn(test, spawnGateway({ ...settingsShown(), ENGINE_URL: url }, nobody())));
  }
  const targets = gateways.map(({ port }) => `127.0.0.1:${port}`);
  const port = await freePort();
  const places = { ...certificate, port, target: targets[0] ?? '' };
  await useIn(test, startProxy(name, change(configurationShown(name, places), targets), port));
  return { url: `https://${host}:${port}/telemetry`, port, gateways };
}
