import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { addPage } from '../../src/http/page.ts';
import type { TestScope } from '../support/wait.ts';
import { routerFor } from './http-set-up.ts';

const script = 'document.title = "é";\n';

function servePage(test: TestScope, html: string, path = '/console') {
  const folder = mkdtempSync(join(tmpdir(), 'page-'));
  test.onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'page.html');
  writeFileSync(file, html);
  const { router } = routerFor();
  addPage(router, path, pathToFileURL(file));
  return router;
}

describe('A page', () => {
  it('is served at its path only', async (test) => {
    const router = servePage(test, '<h1>one</h1>');
    const response = await router.request('/console');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await response.text()).toBe('<h1>one</h1>');
    expect((await router.request('/')).status).toBe(404);
  });

  it('may run its own script, as a browser hashes it, and nothing else', async (test) => {
    const html = `<script type="module">${script}</script>`.replaceAll('\n', '\r\n');
    const policy = (await servePage(test, html).request('/console')).headers.get('content-security-policy');
    const hash = createHash('sha256').update(script).digest('base64');
    expect(policy?.split('; ')).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        `script-src 'sha256-${hash}'`,
        "style-src 'none'",
        "connect-src 'self'",
      ]),
    );
  });

  it('is a fault of the build where its file is missing', () => {
    const { router } = routerFor();
    expect(() => addPage(router, '/', new URL('file:///nowhere/page.html'))).toThrow('ENOENT');
  });
});
