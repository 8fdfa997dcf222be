import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
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
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': contentSecurityPolicy(html),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-cache',
  };
  router.get(path, (context) => context.body(html, 200, headers));
}

function contentSecurityPolicy(html: string): string {
  return [
    "default-src 'none'",
    `script-src ${inlineHashes(html, 'script')}`,
    `style-src ${inlineHashes(html, 'style')}`,
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
