import type { Server } from 'node:http';

/** Listens on a free port of the loopback, and says on which as the gateway does. */
export function listenAndSay(server: Server): void {
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    console.log(JSON.stringify({ msg: 'listening', port }));
  });
  process.on('SIGTERM', () => process.exit(0));
}
