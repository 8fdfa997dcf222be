import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { etag } from 'hono/etag';
import type { Router } from './router.ts';

/**
 * Serves a self-contained page. Its own inline script and style are all that a browser may run on it, by their
 * hashes, and its own origin is all that it may connect to.
 *
 * @param path where, such as `/`
 * @param file read once, at the start: one that is missing is a fault of the build, not of a request
 */
export function addPage(router: Router, path: string, file: URL): void {
  // Browsers hash what the HTML parser gives them, which has no carriage returns.
  const html = readFileSync(file, 'utf8').replaceAll('\r\n', '\n');
  const policy = contentSecurityPolicy({
    script: inlineHashes(html, 'script'),
    style: inlineHashes(html, 'style'),
  });
  const headers = { ...pageHeaders, 'content-security-policy': policy };
  router.get(path, etag(), (context) => context.body(html, 200, headers));
}

/** Sent with every page, beside its Content-Security-Policy. */
export const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
} as const;

/** What a browser may do on a page: run the script and apply the style named, and talk to the page's own origin. */
export function contentSecurityPolicy({ script, style }: { script: string; style: string }): string {
  return [
    "default-src 'none'",
    `script-src ${script}`,
    `style-src ${style}`,
    // Takes in WebSockets to the same host and port (CSP 3 §6.7.2.8).
    "connect-src 'self'",
    // The icon.
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
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
