import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { createServer } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumMissing, launchChromium } from '../support/chromium.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { codeWith, exampleOf, sdkModules } from '../support/pages.ts';
import { type TestScope, useIn, waitFor } from '../support/wait.ts';

const folder = fileURLToPath(new URL(`../../.artifacts/hot-${process.pid}/`, import.meta.url));
/** As an editor leaves time in between. */
const rewriteMs = 1000;
const repository = fileURLToPath(new URL('../..', import.meta.url));

/** The SDK, with what listens to a client counted. */
const counted = `
import { createTelemetryClient as create } from ${JSON.stringify(sdkModules['telemetry-bff/client'])};
globalThis.listeners = 0;
globalThis.clients = 0;
export function createTelemetryClient(options) {
  globalThis.clients += 1;
  const client = create(options);
  const { on } = client;
  client.on = (...args) => {
    const leave = on(...args);
    globalThis.listeners += 1;
    return () => {
      globalThis.listeners -= 1;
      leave();
    };
  };
  return client;
}
`;

/** Applications of the module that the page shows; each shows the edition of its own text beside the price. */
const applications: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  React: {
    'shown.jsx': `
import { useTelemetry } from 'telemetry-bff/react';
import { client } from './client.js';
export function Shown() {
  return <output>edition 0: {useTelemetry(client, ({ market }) => market?.price)}</output>;
}`,
    'main.jsx': `
import { createRoot } from 'react-dom/client';
import { Shown } from './shown.jsx';
const root = import.meta.hot.data.root ?? createRoot(document.body);
import.meta.hot.data.root = root;
root.render(<Shown />);
import.meta.hot.accept();`,
  },
  'plain JavaScript': {
    'shown.jsx': `
import { client } from './client.js';
const show = () => {
  document.body.textContent = \`edition 0: \${client.document.market?.price ?? ''}\`;
};
show();
${codeWith('import.meta.hot?.dispose(stop)')}`,
    'main.jsx': `
import './shown.jsx';`,
  },
};

describe.skipIf(chromiumMissing)('A page that Vite reloads hot, with the client of the pages', () => {
  let browser: Browser;
  let gateway: TestGateway;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function develop(test: TestScope, name: string) {
    const files: Readonly<Record<string, string>> = {
      ...applications[name],
      'counted.js': counted,
      'client.js': exampleOf('The client of a page').replace('http://localhost:3000', gateway.url),
      'index.html': '<body></body><script type="module" src="/main.jsx"></script>',
    };
    const root = `${folder}${name.replace(' ', '-')}/`;
    mkdirSync(root, { recursive: true });
    for (const [file, text] of Object.entries(files)) writeFileSync(root + file, text);
    const server = await createServer({
      configFile: false,
      root,
      cacheDir: `${root}.vite`,
      logLevel: 'error',
      oxc: { jsx: { runtime: 'automatic' } },
      resolve: { alias: { ...sdkModules, 'telemetry-bff/client': `${root}counted.js` } },
      optimizeDeps: { include: ['react', 'react-dom/client', 'react/jsx-dev-runtime'] },
      server: { host: '127.0.0.1', port: 0, fs: { allow: [repository] } },
    });
    test.onTestFinished(() => server.close());
    await server.listen();
    const page: Page = await browser.newPage();
    test.onTestFinished(() => page.close());
    let loads = 0;
    page.on('load', () => {
      loads += 1;
    });
    await page.goto(server.resolvedUrls?.local[0] ?? '');
    /** Writes the file until the page has seen it: of changes in quick succession a watcher may miss some. */
    const edit = async (file: string, text: string, isSeen: () => Promise<boolean>): Promise<void> => {
      let writeAt = 0;
      await waitFor(`the edition of ${file}`, async () => {
        if (performance.now() >= writeAt) {
          writeFileSync(root + file, text);
          writeAt = performance.now() + rewriteMs;
        }
        return await isSeen();
      });
    };
    const shows = async (edition: number): Promise<boolean> => {
      const text = (await page.textContent('body')) ?? '';
      return new RegExp(`edition ${edition}: [\\d.]+$`).test(text.trim());
    };
    return { page, files, shows, edit, loads: () => loads };
  }

  it.for(Object.keys(applications))(
    'has one connection and one listener in the end: %s',
    async (name, test) => {
      gateway = await useIn(test, startGateway());
      const { page, files, shows, edit, loads } = await develop(test, name);
      await waitFor('the page', () => shows(0));
      const before = loads();
      for (let edition = 1; edition <= 3; edition += 1) {
        const shown = `${files['shown.jsx']}`.replace('edition 0', `edition ${edition}`);
        await edit('shown.jsx', shown, () => shows(edition));
        const own = `${files['client.js']}globalThis.edition = ${edition};\n`;
        await edit('client.js', own, () => page.evaluate(`globalThis.edition === ${edition}`));
      }
      await waitFor('the listener', () => page.evaluate('listeners === 1'));
      const connections = gateway.log.entries.filter(({ message }) => message.endsWith('client connected'));
      expect(await page.evaluate('[clients, listeners]')).toEqual([1, 1]);
      expect(connections).toHaveLength(1);
      expect(loads()).toBe(before);
    },
  );
});
