import type { Browser } from 'playwright-core';
import { WebSocket } from 'ws';
import { createTelemetryClient } from '../../src/client/index.ts';
import { launchChromium } from '../support/chromium.ts';
import { connectClient } from '../support/client.ts';
import { freePort } from '../support/free-port.ts';
import { commandResult, spawnGateway } from '../support/gateway-process.ts';
import { startProxy } from '../support/proxy.ts';
import { secretToken, testClaims, testSecret } from '../support/tokens.ts';
import { waitFor } from '../support/wait.ts';
import { startLoggingEngine } from './halt-ways/engine.ts';
import { monotonicMs } from './monotonic.ts';
import type { Figure } from './report.ts';
import { runBench } from './run-bench.ts';

// HALT by every way there is, one after the other, with what engine, audit log and caller have of each. The page and
// the SDK sit behind an nginx that passes no Upgrade.

/** How a way ended for who used it. */
type Way = (reason: string) => Promise<string>;

async function byPage(browser: Browser, url: string, reason: string): Promise<string> {
  const page = await browser.newPage();
  try {
    await page.goto(url);
    await page.getByRole('button', { name: 'Halt …' }).click({ timeout: 30_000 });
    await page.getByLabel(/^Reason/).fill(reason);
    await page.getByRole('button', { name: 'Halt trading' }).click();
    await page.getByTestId('command-dialog').waitFor({ state: 'detached' });
    return `the dialog closed; the page says: ${await page.getByTestId('halt-line').textContent()}`;
  } finally {
    await page.close();
  }
}

async function bySdk(url: string, token: string, reason: string): Promise<string> {
  const client = createTelemetryClient({ url, token, WebSocket });
  try {
    await waitFor('the connection', () => client.status.transport === 'sse', { timeoutMs: 30_000 });
    const { result } = await client.command('HALT', { reason });
    return `resolved over ${client.status.transport}: ${JSON.stringify(result)}`;
  } finally {
    client.close();
  }
}

await runBench('halt-ways', async ({ use, say }) => {
  const engine = await use(startLoggingEngine());
  const gateway = await use(spawnGateway({ ENGINE_URL: engine.url, AUTH_JWT_SECRET: testSecret }));
  const port = await freePort();
  // Without a word about WebSockets: it speaks HTTP/1.0 to the gateway, and passes no `Upgrade`.
  const location = `location / { proxy_pass ${gateway.url}; proxy_set_header Host $http_host; }`;
  await use(startProxy('nginx', `server { listen 127.0.0.1:${port}; ${location} }`, port));
  const behindNginx = `http://127.0.0.1:${port}`;
  const browser = await launchChromium();
  await use({ stop: () => browser.close() });
  const token = await secretToken(testClaims({ sub: 'ann', role: 'operator' }));
  const authorization = `Bearer ${token}`;
  const socket = await use(connectClient(gateway.wsUrl, { headers: { authorization } }));
  const post = async (command: string, reason: string): Promise<string> => {
    const headers = { authorization, 'content-type': 'application/json' };
    const body = JSON.stringify({ reason });
    const answer = await fetch(`${gateway.url}/api/telemetry/${command}`, { method: 'POST', headers, body });
    return `HTTP ${answer.status} ${await answer.text()}`;
  };

  const ways: Readonly<Record<string, Way>> = {
    async WebSocket(reason) {
      socket.send({ type: 'HALT', reason, requestId: 'w' });
      return JSON.stringify((await socket.nextOf('ACK')).body);
    },
    HTTP: (reason) => post('halt', reason),
    CLI: async (reason) => {
      const env = { TELEMETRY_TOKEN: token };
      const { code, stdout, stderr } = await commandResult(['halt', gateway.url, '--reason', reason], env);
      return `exit code ${code}: ${(stdout + stderr).trim()}`;
    },
    'SDK over SSE, behind nginx': (reason) => bySdk(behindNginx, token, reason),
    'page in Chromium, behind nginx': (reason) => byPage(browser, `${behindNginx}/#token=${token}`, reason),
  };
  const figures: Figure[] = [];
  for (const [name, way] of Object.entries(ways)) {
    const reason = `by ${name}`;
    const startedAt = monotonicMs();
    const outcome = await way(reason);
    const logged = engine.log.filter(({ line }) => line.includes(reason));
    const audited = gateway.logLines.filter((line) => line.audit === true && line.reason === reason);
    say(`${name}\n      caller  ${outcome}`);
    for (const { line } of logged) say(`    engine  ${line}`);
    for (const line of audited) say(`    audit   ${JSON.stringify(line)}`);
    figures.push(
      { name: `${name}: HALTs at the engine`, value: logged.length, unit: '', bar: { is: '=', value: 1 } },
      {
        name: `${name}: from its start to the engine`,
        value: (logged[0]?.at ?? Number.NaN) - startedAt,
        unit: 'ms',
      },
    );
    await post('resume', 'to halt again');
  }
  return figures;
});
