import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { MiddlewareHandler } from 'hono';
import { getPath } from 'hono/utils/url';
import { CodedContent, type ContentHeaders, codedResponse } from './coded-content.ts';
import { tagOf } from './responses.ts';
import type { Handler, Router } from './router.ts';

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

/** Links of a page lead elsewhere from other paths, with a slash at the end for one. */
const atItsPath: MiddlewareHandler = async (context, next) =>
  getPath(context.req.raw) === context.req.path ? await next() : await context.notFound();

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
    router.get(path, atItsPath, (context) => context.html(notBuilt, 503));
    return;
  }
  const policy = contentSecurityPolicy({ script: "'self'", style: "'self'", framedBy });
  router.get(path, atItsPath, answeringPage(readFileSync(index, 'utf8'), policy));
  addAssets(router, `${path}assets/`, new URL('assets/', folder));
}

function addAssets(router: Router, path: string, folder: URL): void {
  const assets = new Map<string, Handler>();
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const present = new Set(names);
  for (const name of names) {
    const contentType = contentTypes[extname(name)];
    // Neither the compressed forms of a file nor source maps are served by their names.
    if (contentType === undefined) continue;
    const read = (suffix: string): Buffer => readFileSync(new URL(encodeURIComponent(name + suffix), folder));
    const made = encodings
      .filter(({ suffix }) => present.has(name + suffix))
      .map(({ coding, suffix }) => [coding, read(suffix)] as const);
    const headers = {
      'content-type': contentType,
      'x-content-type-options': 'nosniff',
      'cache-control': 'public, max-age=31536000, immutable',
    };
    const plain = read('');
    assets.set(name, answering(plain, tagOf(plain), headers, made));
  }
  router.get(`${path}:name`, atItsPath, (context) => {
    const asset = assets.get(context.req.param('name') ?? '');
    return asset?.(context) ?? context.notFound();
  });
}

/** Answers with one file. @param made its compressed forms that are there already */
function answering(
  plain: Buffer,
  tag: string,
  headers: ContentHeaders,
  made?: ConstructorParameters<typeof CodedContent>[1],
): Handler {
  const content = new CodedContent(plain, made);
  return ({ req }) => codedResponse(req.raw, tag, headers, { content: () => content });
}

/** A library that is put into a page, so that it works from disk as well. */
export interface InlineScript {
  /** The `id` of the empty `<script>` of the page that holds the place. */
  readonly id: string;
  readonly file: URL;
  /** Asked at the first request, when everything is served that will be. Else the place stays empty. */
  readonly isWanted: () => boolean;
}

/**
 * Serves a self-contained page, read once at the start. Its Content-Security-Policy allows its inline script and style,
 * by their hashes, and connections to its own origin.
 *
 * @param framedBy `ALLOW_FRAMES`
 * @throws where a file is missing, or cannot stand in a page
 */
export function addPage(
  router: Router,
  path: string,
  file: URL,
  framedBy: readonly string[],
  script?: InlineScript,
): void {
  const plain = readText(file);
  const filled = script === undefined ? plain : withScript(plain, script);
  let handler: Handler | undefined;
  router.get(path, atItsPath, (context) => {
    handler ??= answeringHtml(script?.isWanted() === true ? filled : plain, framedBy);
    return handler(context);
  });
}

/** Browsers hash what the HTML parser gives them, which has no carriage returns. */
const readText = (file: URL): string => readFileSync(file, 'utf8').replaceAll('\r\n', '\n');

function withScript(html: string, { id, file }: InlineScript): string {
  const place = `<script id="${id}"></script>`;
  // Its source map is not in the page.
  const code = readText(file).replace(/^\/\/# sourceMappingURL=.*\n?/m, '');
  if (!html.includes(place)) throw new Error(`the page has no ${place}, which is to hold ${file.href}`);
  if (/<\/script|<!--/i.test(code))
    throw new Error(`${file.href} would end, or hide, the <script> of a page`);
  return html.replace(place, () => `<script id="${id}">${code}</script>`);
}

function answeringHtml(html: string, framedBy: readonly string[]): Handler {
  const policy = contentSecurityPolicy({
    script: inlineHashes(html, 'script'),
    style: inlineHashes(html, 'style'),
    framedBy,
  });
  return answeringPage(html, policy);
}

function answeringPage(html: string, policy: string): Handler {
  // With a 304 browsers keep the policy that they have: under another one the page is another representation.
  const tag = tagOf(`${policy}\n${html}`);
  return answering(Buffer.from(html), tag, { ...pageHeaders, 'content-security-policy': policy });
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
