import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import { freePort } from '../support/free-port.ts';
import { spawnEngine, spawnGateway } from '../support/gateway-process.ts';
import { codeWith, exampleOf, mountExample } from '../support/pages.ts';
import { type TestScope, useIn, waitFor } from '../support/wait.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const run = promisify(execFile);
const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];

type Versions = Readonly<Record<string, string>>;
interface Lock {
  readonly packages: Readonly<Record<string, { readonly devDependencies?: Versions }>>;
}

/**
 * An application with React and Vite and nothing else. The versions are those of our own lock, so that what npm has
 * at hand after our own installation is enough.
 */
function makeApplication(folder: string, gatewayUrl: string): void {
  const lock: Lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const { '': own, ...packages } = lock.packages;
  const pick = (...names: string[]): Versions =>
    Object.fromEntries(names.map((name) => [name, own?.devDependencies?.[name] ?? 'missing']));
  const manifest = {
    name: 'my-dashboard',
    private: true,
    type: 'module',
    dependencies: pick('react', 'react-dom'),
    devDependencies: pick('vite'),
  };
  const files = {
    'package.json': JSON.stringify(manifest),
    'package-lock.json': JSON.stringify({
      name: manifest.name,
      lockfileVersion: 3,
      requires: true,
      packages: { '': manifest, ...packages },
    }),
    'index.html': '<!doctype html><body><script type="module" src="/main.jsx"></script></body>',
    'main.jsx': exampleOf('React').replace('http://localhost:3000', gatewayUrl) + mountExample,
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
}

/** Packs, and installs the file in the application, by the page's own two lines. */
async function installSdk(workshop: string): Promise<void> {
  const [pack = '', install = ''] = codeWith('npm pack').trim().split('\n');
  const [, packing] = /&& (npm pack) +# (\S+\.tgz)$/.exec(pack) ?? [];
  const [, go, installing] = /^(cd \S+) && (npm install \S+\.tgz)$/.exec(install) ?? [];
  expect(packing).toBe('npm pack');
  // It is built already: the first two commands of the line would do it again.
  await run(
    'bash',
    ['-c', `${packing} --silent --ignore-scripts --pack-destination "${workshop}/telemetry-bff"`],
    {
      cwd: root,
    },
  );
  const flags = [...quiet, '--prefer-offline', '--ignore-scripts'].join(' ');
  await run('bash', ['-c', `${go} && ${installing} ${flags}`], { cwd: join(workshop, 'telemetry-bff') });
}

/** Serves what `vite build` has made. */
async function preview(test: TestScope, folder: string): Promise<string> {
  const vite = join(folder, 'node_modules/vite/bin/vite.js');
  await run(process.execPath, [vite, 'build', '--logLevel', 'error'], { cwd: folder });
  const port = await freePort();
  const args = ['preview', '--host', '127.0.0.1', '--port', `${port}`, '--strictPort'];
  const child = spawn(process.execPath, [vite, ...args], { cwd: folder, stdio: 'ignore' });
  test.onTestFinished(() => void child.kill('SIGKILL'));
  const url = `http://127.0.0.1:${port}`;
  await waitFor('the preview', async () => (await fetch(url).catch(() => undefined))?.ok);
  return url;
}

describe.skipIf(chromiumMissing)('The way in with Vite and React', () => {
  it('leads from the packed package to a page with a live price, which says when it is not live', async (test) => {
    const engine = await useIn(test, spawnEngine());
    const gateway = await useIn(test, spawnGateway({ ENGINE_URL: engine.url }));
    const workshop = mkdtempSync(join(tmpdir(), 'newcomer-'));
    test.onTestFinished(() => rmSync(workshop, { recursive: true, force: true }));
    const folder = join(workshop, 'my-dashboard');
    for (const name of ['telemetry-bff', 'my-dashboard']) mkdirSync(join(workshop, name));
    makeApplication(folder, gateway.url);
    await installSdk(workshop);
    const url = await preview(test, folder);

    const browser = await launchChromium();
    test.onTestFinished(() => browser.close());
    const page = await browser.newPage();
    await page.goto(url);
    const shown = page.locator('p');
    const shows = (pattern: RegExp): Promise<string> =>
      waitFor(`the page to show ${pattern}`, async () => {
        const text = await shown.textContent();
        return text !== null && pattern.test(text) && text;
      });
    const first = await shows(/^[\d.]+ live$/);
    await waitFor('the price to move', async () => (await shown.textContent()) !== first);
    engine.kill('SIGKILL');
    await shows(/^[\d.]+ (stale|down)$/);
  });
});
