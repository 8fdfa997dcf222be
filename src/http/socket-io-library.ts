import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { CodedContent, codedResponse } from './coded-content.ts';
import { tagOf } from './responses.ts';
import type { Router } from './router.ts';

const builds = ['socket.io', 'socket.io.min', 'socket.io.esm.min'] as const;

/** Where the package has its clients for browsers; its `exports` do not name them. */
const folder = new URL('../client-dist/', pathToFileURL(createRequire(import.meta.url).resolve('socket.io')));

/** A build of the Socket.IO client as the server's package brings it, so that both are of one version. */
export const socketIoLibrary = (name: (typeof builds)[number]): URL => new URL(`${name}.js`, folder);

/**
 * Serves the client library: `socket.io.js`, `socket.io.min.js` and `socket.io.esm.min.js`. Their names stay the same
 * from one version to the next, so that browsers ask whether they have changed.
 * @param path ending with a slash
 */
export function addSocketIoLibrary(router: Router, path: string): void {
  const headers = {
    'content-type': 'text/javascript; charset=utf-8',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-cache',
  };
  for (const build of builds) {
    const plain = readFileSync(socketIoLibrary(build));
    const tag = tagOf(plain);
    const content = new CodedContent(plain);
    router.get(`${path}${build}.js`, ({ req }) =>
      codedResponse(req.raw, tag, headers, { content: () => content }),
    );
  }
}
