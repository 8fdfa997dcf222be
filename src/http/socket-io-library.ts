import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/** Where the package has its clients for browsers; its `exports` do not name them. */
const folder = new URL('../client-dist/', pathToFileURL(createRequire(import.meta.url).resolve('socket.io')));

/** A build of the Socket.IO client as the server's package brings it, so that both are of one version. */
export const socketIoLibrary = (name: 'socket.io' | 'socket.io.min' | 'socket.io.esm.min'): URL =>
  new URL(`${name}.js`, folder);
