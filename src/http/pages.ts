import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { Context } from 'hono';
import { etag } from 'hono/etag';
import { holdsTag } from './responses.ts';
import type { Router } from './router.ts';

/** Sent with every page, besides its Content-Security-Policy. */
const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
} as const;

const contentTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Precompressed files beside a file; best first. */
const encodings = [
  { coding: 'br', suffix: '.br' },
  { coding: 'gzip', suffix: '.gz' },
] as const;

const notBuilt =
  '<!doctype html><html lang="en"><title>Not built</title><p>This page has not been built: <code>npm run build</code>';

/**
 * Serves a bundled page: `index.html` at `path`, its files below `assets/`. The folder is read once, at the start, so
 * that no request can lead out of it. Assets have a hash in their names and are cached for good; the page itself is
 * revalidated. Where the folder holds no page, as in a run from the sources, `path` answers 503 and says so.
 *
 * @param path where, ending with a slash
 * @param folder ending with a slash; holds `index.html` and `assets/`
 * @param framedBy `ALLOW_FRAMES`
 */
export function addBuiltPage(router: Router, path: string, folder: URL, framedBy: readonly string[]): void {
  const index = new URL('index.html', folder);
  if (!existsSync(index)) {
    router.get(path, (context) => context.html(notBuilt, 503));
    return;
  }
  const policy = contentSecurityPolicy({ script: "'self'", style: "'self'", framedBy });
  addHtml(router, path, readFileSync(index, 'utf8'), policy);
  addAssets(router, `${path}assets/`, new URL('assets/', folder));
}

function addAssets(router: Router, path: string, folder: URL): void {
  const assets = new Map<string, (context: Context) => Response>();
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const present = new Set(names);
  for (const name of names) {
    const contentType = contentTypes[extname(name)];
    // Neither the compressed forms of a file nor source maps are served by their names.
    if (contentType === undefined) continue;
    const read = (suffix: string): Buffer => readFileSync(new URL(encodeURIComponent(name + suffix), folder));
    const forms: Record<string, Buffer> = { '': read('') };
    for (const { coding, suffix } of encodings) {
      if (present.has(name + suffix)) forms[coding] = read(suffix);
    }
    const headers = {
      'content-type': contentType,
      'x-content-type-options': 'nosniff',
      'cache-control': 'public, max-age=31536000, immutable',
    };
    assets.set(name, answering(forms, headers));
  }
  router.get(`${path}:name`, (context) => {
    const asset = assets.get(context.req.param('name') ?? '');
    return asset?.(context) ?? context.notFound();
  });
}

/** Answers with one file. @param forms its content as it is (`''`) and by content coding */
function answering(forms: Readonly<Record<string, Buffer>>, headers: Readonly<Record<string, string>>) {
  const plain = forms[''] ?? Buffer.alloc(0);
  const tag = tagOf(plain);
  const codings = encodings.map(({ coding }) => coding).filter((coding) => forms[coding] !== undefined);
  const vary = codings.length > 0 ? { vary: 'accept-encoding' } : {};
  return ({ req }: Context): Response => {
    const coding = codings.find((candidate) => accepts(req.header('accept-encoding'), candidate));
    // Two forms are two representations, each with a tag of its own (RFC 9110 §8.8.3.3).
    const etag = coding === undefined ? tag : `${tag}-${coding}`;
    const common = { ...headers, ...vary, etag: `"${etag}"` };
    if (holdsTag(req.header('if-none-match'), etag)) {
      return new Response(null, { status: 304, headers: common });
    }
    const encoded = coding === undefined ? {} : { 'content-encoding': coding };
    const content = forms[coding ?? ''] ?? plain;
    return new Response(sharing(content), {
      headers: { ...common, ...encoded, 'content-length': `${content.length}` },
    });
  };
}

/** A body that shares the bytes: given as a Buffer, each response would copy them. */
function sharing(content: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(content);
      controller.close();
    },
  });
}

/** RFC 9110 §12.5.3; `*` is not taken to ask for a coding. */
function accepts(acceptEncoding: string | undefined, coding: string): boolean {
  return (acceptEncoding ?? '').split(',').some((entry) => {
    const [name = '', ...parameters] = entry.split(';').map((part) => part.trim().toLowerCase());
    return name === coding && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
}

/**
 * Serves a self-contained page, read once at the start. Its Content-Security-Policy allows its inline script and style,
 * by their hashes, and connections to its own origin.
 *
 * @param framedBy `ALLOW_FRAMES`
 */
export function addPage(router: Router, path: string, file: URL, framedBy: readonly string[]): void {
  // Browsers hash what the HTML parser gives them, which has no carriage returns.
  const html = readFileSync(file, 'utf8').replaceAll('\r\n', '\n');
  const policy = contentSecurityPolicy({
    script: inlineHashes(html, 'script'),
    style: inlineHashes(html, 'style'),
    framedBy,
  });
  addHtml(router, path, html, policy);
}

function addHtml(router: Router, path: string, html: string, policy: string): void {
  // With a 304 browsers keep the policy that they have: under another one the page is another representation.
  const tag = tagOf(`${policy}\n${html}`);
  const headers = { ...pageHeaders, 'content-security-policy': policy, etag: `"${tag}"` };
  router.get(path, etag(), (context) => context.body(html, 200, headers));
}

function tagOf(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('base64url').slice(0, 22);
}

function contentSecurityPolicy({
  script,
  style,
  framedBy,
}: {
  readonly script: string;
  readonly style: string;
  readonly framedBy: readonly string[];
}): string {
  return [
    "default-src 'none'",
    `script-src ${script}`,
    `style-src ${style}`,
    // Includes WebSockets to the same host and port (CSP 3 §6.7.2.8).
    "connect-src 'self'",
    // The icon.
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    `frame-ancestors ${framedBy.length === 0 ? "'none'" : framedBy.join(' ')}`,
  ].join('; ');
}

function inlineHashes(html: string, element: 'script' | 'style'): string {
  const contents = html.matchAll(new RegExp(`<${element}\\b[^>]*>([^]*?)</${element}>`, 'g'));
  const hashes = Array.from(contents, ([, content = '']) => {
    const hash = createHash('sha256').update(content).digest('base64');
    return `'sha256-${hash}'`;
  });
  return hashes.length > 0 ? hashes.join(' ') : "'none'";
}
