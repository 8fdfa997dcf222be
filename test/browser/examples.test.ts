import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleScript, virtualModules } from '../support/bundle.ts';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import {
  type GatewayProcess,
  type ServingProcess,
  spawnEngine,
  spawnGateway,
} from '../support/gateway-process.ts';
import { codeWith, exampleOf, mountExample, sdkModules } from '../support/pages.ts';
import { type TestScope, useIn, waitFor } from '../support/wait.ts';

/** Of whoever sees the example's output: whether it says now that the price is live. */
type SaysLive = () => boolean | Promise<boolean>;

const folder = fileURLToPath(new URL(`../../.artifacts/examples-${process.pid}/`, import.meta.url));

/** The example as a script for a browser, with the SDK of src/. */
const bundle = (code: string): Promise<string> =>
  bundleScript('example.jsx', {
    resolve: { alias: { ...sdkModules } },
    oxc: { jsx: { runtime: 'automatic' } },
    plugins: [virtualModules({ 'example.jsx': code })],
  });

describe.skipIf(chromiumMissing)('The examples of the pages', { retry: 2 }, () => {
  let browser: Browser;
  let scripts: { readonly react: string; readonly plain: string };
  beforeAll(async () => {
    mkdirSync(folder, { recursive: true });
    scripts = {
      react: await bundle(exampleOf('React') + mountExample),
      plain: await bundle(exampleOf('Plain JavaScript')),
    };
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function openPage(test: TestScope, { url }: GatewayProcess, script: string) {
    const page = await browser.newPage();
    test.onTestFinished(() => page.close());
    await page.goto(`${url}/livez`);
    await page.addScriptTag({ content: script.replaceAll('http://localhost:3000', url), type: 'module' });
    return page;
  }

  async function useReact(test: TestScope, gateway: GatewayProcess): Promise<SaysLive> {
    const page = await openPage(test, gateway, scripts.react);
    return async () => {
      // In one look: between two the page may move on.
      const look = `['p', 'b', 'p'].map((tag, index) => document.querySelector(tag)?.[index < 2 ? 'textContent' : 'className'])`;
      const [text, badge, shown]: string[] = await page.evaluate(look);
      expect(shown).toBe(badge);
      return badge === 'live' && /^[\d.]+ live$/.test(text ?? '');
    };
  }

  async function usePlain(test: TestScope, gateway: GatewayProcess): Promise<SaysLive> {
    const page = await openPage(test, gateway, scripts.plain);
    return async () => /^[\d.]+$/.test(await page.title());
  }

  /** Runs the one for Node in a process of its own; nothing of it is changed but where things are. */
  function useNode(test: TestScope, { wsUrl }: GatewayProcess): SaysLive {
    let code = exampleOf('Node').replaceAll('ws://localhost:3000', wsUrl);
    for (const [name, file] of Object.entries(sdkModules)) code = code.replaceAll(`'${name}'`, `'${file}'`);
    const file = `${folder}node-${wsUrl.replaceAll(/\D/g, '')}.mjs`;
    writeFileSync(file, code);
    const child = spawn(process.execPath, ['--import', 'tsx', file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    test.onTestFinished(() => void child.kill('SIGKILL'));
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    return () => /^[\d.]+ fresh$/.test(output.trimEnd().split('\n').at(-1) ?? '');
  }

  it.for<[string, (engine: ServingProcess, gateway: GatewayProcess) => void]>([
    ['the engine is killed', (engine) => engine.kill('SIGKILL')],
    ['the engine hangs', (engine) => engine.kill('SIGSTOP')],
    ['the gateway is gone', (_, gateway) => gateway.kill('SIGKILL')],
    ['the gateway hangs', (_, gateway) => gateway.kill('SIGSTOP')],
  ])('show no figure as live for long after %s', async ([, happen], test) => {
    const engine = await useIn(test, spawnEngine());
    const gateway = await useIn(test, spawnGateway({ ENGINE_URL: engine.url }));
    const examples = {
      react: await useReact(test, gateway),
      plain: await usePlain(test, gateway),
      node: useNode(test, gateway),
    };
    for (const [name, saysLive] of Object.entries(examples)) {
      await waitFor(`${name} to be live`, saysLive);
    }
    const happenedAt = performance.now();
    happen(engine, gateway);
    const took = await Promise.all(
      Object.entries(examples).map(async ([name, saysLive]) => {
        await waitFor(`${name} to be live no more`, async () => !(await saysLive()));
        return performance.now() - happenedAt;
      }),
    );
    // 3 s on an idle machine, which the bench `outage-scenes` holds the page to.
    expect(Math.max(...took)).toBeLessThanOrEqual(9000);
  });
});

describe.skipIf(chromiumMissing)('The example of a shared client', () => {
  it('opens one connection for all tabs', async (test) => {
    const browser = await launchChromium();
    test.onTestFinished(() => browser.close());
    const engine = await useIn(test, spawnEngine());
    const gateway = await useIn(test, spawnGateway({ ENGINE_URL: engine.url }));
    const script = await bundle(`${codeWith('createSharedTelemetryClient')}
      client.on('state', ({ state }) => { document.title = state; });`);
    const context = await browser.newContext();
    const pages = await Promise.all([1, 2, 3].map(() => context.newPage()));
    for (const page of pages) {
      await page.goto(`${gateway.url}/livez`);
      await page.addScriptTag({
        content: script.replaceAll('http://localhost:3000', gateway.url),
        type: 'module',
      });
    }
    const titles = () => Promise.all(pages.map((page) => page.title()));
    await waitFor('every tab to be live', async () => (await titles()).every((title) => title === 'live'));
    const clients: unknown = await (await fetch(`${gateway.url}/api/clients`)).json();
    expect(clients).toHaveLength(1);
  });
});
