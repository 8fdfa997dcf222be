import { createServer, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { type Resource, within } from './wait.ts';

export interface DashboardProxy extends Resource {
  readonly url: string;
  /** Lets WebSockets, or streams of events too, no longer through, and cuts those that there are. */
  block(what: { readonly webSockets: boolean; readonly eventStreams: boolean }): void;
  stop(): void;
}

/** A proxy as offices have them: it speaks plain HTTP, and all else only while it is told to. */
export async function startDashboardProxy(gatewayPort: number): Promise<DashboardProxy> {
  let blocked = { webSockets: false, eventStreams: false };
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  };

  const server = createServer((incoming, outgoing) => {
    const isStream = incoming.url?.startsWith('/api/stream/') === true;
    if (isStream && blocked.eventStreams) {
      outgoing.writeHead(502).end();
      return;
    }
    const { method, url, headers } = incoming;
    const onward = request({ port: gatewayPort, host: '127.0.0.1', method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  server.on('connection', keep);
  server.on('upgrade', (incoming, socket, head) => {
    if (blocked.webSockets) {
      socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n');
      return;
    }
    const onward = connect(gatewayPort, '127.0.0.1');
    keep(onward);
    const headers = incoming.rawHeaders
      .map((text, index) => text + (index % 2 === 0 ? ': ' : '\r\n'))
      .join('');
    onward.write(`${incoming.method} ${incoming.url} HTTP/1.1\r\n${headers}\r\n`);
    onward.write(head);
    onward.pipe(socket).pipe(onward);
    socket.on('close', () => onward.destroy());
    onward.on('close', () => socket.destroy());
  });

  await within('the proxy', new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${address.port}`,
    block(what) {
      blocked = { ...what };
      cut();
    },
    stop() {
      server.close();
      cut();
    },
  };
}
