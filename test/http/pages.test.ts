import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { addBuiltPage, addPage } from '../../src/http/pages.ts';
import type { TestScope } from '../support/wait.ts';
import { routerFor } from './http-set-up.ts';

const script = 'document.title = "é";\n';

function folderIn(test: TestScope) {
  const folder = mkdtempSync(join(tmpdir(), 'page-'));
  test.onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const write = (name: string, content: string): URL => {
    writeFileSync(join(folder, name), content);
    return pathToFileURL(join(folder, name));
  };
  return { folder, write };
}

function servePage(test: TestScope, html: string, path = '/console') {
  const { router } = routerFor();
  addPage(router, path, folderIn(test).write('page.html', html), []);
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

  it('is compressed for those who take that, unless it is small', async (test) => {
    const get = async (html: string) =>
      await servePage(test, html).request('/console', { headers: { 'accept-encoding': 'gzip' } });
    const large = `<h1>${'one'.repeat(1000)}</h1>`;
    const response = await get(large);
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(gunzipSync(await response.arrayBuffer()).toString()).toBe(large);
    expect((await get('<h1>one</h1>')).headers.get('content-encoding')).toBeNull();
  });

  it('has a library in it where that is wanted, as the policy then allows, and an empty place where it is not', async (test) => {
    const place = '<script id="library"></script>';
    const code = "/*! a licence */ window.library = '$& $1 é';";
    for (const isWanted of [true, false]) {
      const { folder, write } = folderIn(test);
      const file = write('library.js', `${code}\r\n//# sourceMappingURL=library.js.map\r\n`);
      const page = write('page.html', `<p>page</p>\r\n${place}`);
      const { router } = routerFor();
      addPage(router, '/console', page, [], { id: 'library', file, isWanted: () => isWanted });
      rmSync(folder, { recursive: true });
      const response = await router.request('/console');
      const text = await response.text();
      expect(text).toBe(`<p>page</p>\n${isWanted ? `<script id="library">${code}\n</script>` : place}`);
      const hash = createHash('sha256').update(`${code}\n`).digest('base64');
      expect(response.headers.get('content-security-policy')?.includes(`'sha256-${hash}'`)).toBe(isWanted);
    }
  });

  it('is a fault of the build where it has no place for its library, or that would end its script', (test) => {
    const { write } = folderIn(test);
    const isWanted = () => true;
    const add = (html: string, code: string) => () =>
      addPage(routerFor().router, '/console', write('page.html', html), [], {
        id: 'library',
        file: write('library.js', code),
        isWanted,
      });
    expect(add('<p>page</p>', '1;')).toThrow('no <script id="library"></script>');
    const place = '<script id="library"></script>';
    expect(add(place, '"</SCRIPT>";')).toThrow('library.js would end');
    expect(add(place, '1; <!-- 2')).toThrow('library.js would end');
  });

  it('is a fault of the build where its file is missing', () => {
    const { router } = routerFor();
    expect(() => addPage(router, '/', new URL('file:///nowhere/page.html'), [])).toThrow('ENOENT');
  });
});

const builtScript = `document.title = "${'é'.repeat(2000)}";`;
const html = '<!doctype html><script type="module" src="./assets/index-abc.js"></script>';

/** A folder as a bundler leaves it, with things in it and beside it that are nobody's business. */
function builtFolder(test: TestScope): URL {
  const root = mkdtempSync(join(tmpdir(), 'built-'));
  test.onTestFinished(() => rmSync(root, { recursive: true }));
  const folder = join(root, 'page');
  mkdirSync(join(folder, 'assets'), { recursive: true });
  const write = (name: string, content: string | Buffer): void => writeFileSync(join(folder, name), content);
  write('index.html', html);
  write('.stamp', 'TOP SECRET');
  write('../secret.js', 'TOP SECRET');
  write('assets/index-abc.js', builtScript);
  write('assets/index-abc.js.br', brotliCompressSync(builtScript));
  write('assets/index-abc.js.gz', gzipSync(builtScript));
  write('assets/index-abc.js.map', 'TOP SECRET');
  write('assets/page 1#é.css', 'body { color: red; }');
  return pathToFileURL(`${folder}/`);
}

function serveBuiltPage(test: TestScope, path = '/') {
  const { router } = routerFor();
  addBuiltPage(router, path, builtFolder(test), []);
  return router;
}

describe('A built page', () => {
  it('is asked for again each time, and answered with 304 while it is the same', async (test) => {
    const router = serveBuiltPage(test);
    const first = await router.request('/');
    expect([first.status, await first.text()]).toEqual([200, html]);
    expect(first.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(first.headers.get('cache-control')).toBe('no-cache');
    const tag = first.headers.get('etag') ?? '';
    const again = await router.request('/', { headers: { 'if-none-match': tag } });
    expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', tag]);
    const changed = await router.request('/', { headers: { 'if-none-match': '"another"' } });
    expect(changed.status).toBe(200);
  });

  it('may load and reach nothing but what its own origin has', async (test) => {
    const policy = (await serveBuiltPage(test).request('/')).headers.get('content-security-policy');
    expect(policy?.split('; ')).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
      ]),
    );
  });

  it('may be framed by the origins that are given, and is another one to a browser’s cache then', async (test) => {
    const folder = builtFolder(test);
    const pageFor = async (framedBy: readonly string[], ifNoneMatch = '') => {
      const { router } = routerFor();
      addBuiltPage(router, '/', folder, framedBy);
      addPage(router, '/console', new URL('index.html', folder), framedBy);
      const headers = { 'if-none-match': ifNoneMatch };
      const answers = await Promise.all(['/', '/console'].map((path) => router.request(path, { headers })));
      return answers.map((answer) => ({
        status: answer.status,
        tag: answer.headers.get('etag') ?? '',
        framing: answer.headers.get('content-security-policy')?.match(/frame-ancestors [^;]*/)?.[0],
      }));
    };
    const [alone] = await pageFor([]);
    expect(alone).toMatchObject({ status: 200, framing: "frame-ancestors 'none'" });
    const portals = ['https://portal.example.com', 'https://*.example.com:8443'];
    // With a 304 the browser would go on with the policy that it has.
    for (const framed of await pageFor(portals, alone?.tag)) {
      expect(framed).toMatchObject({ status: 200, framing: `frame-ancestors ${portals.join(' ')}` });
      expect(framed.tag).not.toBe(alone?.tag);
    }
    const [framed] = await pageFor(portals);
    expect(await pageFor(portals, framed?.tag)).toContainEqual(expect.objectContaining({ status: 304 }));
  });

  it('has assets that browsers keep for good, with the right type', async (test) => {
    const response = await serveBuiltPage(test).request('/assets/index-abc.js');
    expect([response.status, await response.text()]).toEqual([200, builtScript]);
    expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('has assets in the smallest form that the client takes', async (test) => {
    const router = serveBuiltPage(test);
    const get = (headers: Record<string, string>) => router.request('/assets/index-abc.js', { headers });
    for (const [accepted, coding] of [
      ['gzip, deflate, br', 'br'],
      ['gzip', 'gzip'],
      ['br;q=0, GZIP;q=0.5', 'gzip'],
      ['identity', null],
      ['', null],
    ] as const) {
      const response = await get({ 'accept-encoding': accepted });
      expect([accepted, response.headers.get('content-encoding')]).toEqual([accepted, coding]);
      expect(response.headers.get('vary')).toContain('Accept-Encoding');
      const etag = response.headers.get('etag') ?? '';
      expect(etag.startsWith('W/')).toBe(coding !== null);
      // A cache may hold any form.
      for (const other of ['br', 'gzip', 'identity']) {
        const held = await get({ 'accept-encoding': other, 'if-none-match': etag });
        expect([held.status, held.headers.get('etag')]).toEqual([304, etag]);
      }
    }
    const brotli = Buffer.from(await (await get({ 'accept-encoding': 'br' })).arrayBuffer());
    expect(brotliDecompressSync(brotli).toString()).toBe(builtScript);
  });

  it('serves what the folder of assets held at the start, and nothing beside or outside of it', async (test) => {
    const { router } = routerFor();
    const folder = builtFolder(test);
    addBuiltPage(router, '/', folder, []);
    writeFileSync(new URL('assets/late.js', folder), 'late');
    for (const path of [
      '/.stamp',
      '/index.html',
      '/assets/',
      '/assets/late.js',
      '/assets/index-abc.js.map',
      '/assets/index-abc.js.br',
      '/assets/../.stamp',
      '/assets/..%2f..%2fsecret.js',
      '/assets/%2e%2e/%2e%2e/secret.js',
      '/assets/..%5c..%5csecret.js',
      '/assets/index-abc.js%00.css',
    ]) {
      const response = await router.request(path);
      expect([path, response.status, (await response.text()).includes('TOP SECRET')]).toEqual([
        path,
        404,
        false,
      ]);
    }
  });

  it('serves an asset whose name has to be encoded', async (test) => {
    const response = await serveBuiltPage(test, '/page/').request(
      `/page/assets/${encodeURIComponent('page 1#é.css')}`,
    );
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/css; charset=utf-8']);
  });

  it('says that it is not built where it is not, and lets everything else be served', async () => {
    const folder = pathToFileURL(join(tmpdir(), 'no-such-folder/'));
    const { router } = routerFor();
    addBuiltPage(router, '/', folder, []);
    const response = await router.request('/');
    expect([response.status, await response.text()]).toEqual([503, expect.stringContaining('npm run build')]);
    expect((await router.request('/livez')).status).toBe(200);
  });

  it('answers HEAD without the content', async (test) => {
    const response = await serveBuiltPage(test).request('/assets/index-abc.js', { method: 'HEAD' });
    expect([response.status, await response.text()]).toEqual([200, '']);
  });
});
