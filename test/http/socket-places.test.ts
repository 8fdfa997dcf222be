import { createServer, Server } from 'node:http';
import { connect, Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { SocketPlaces, type SocketPlacesOptions } from '../../src/http/socket-places.ts';
import { serveWithoutUpgrade } from '../../src/http/upgrade.ts';
import { type TestScope, waitFor } from '../support/wait.ts';
import { anyNumber } from './http-set-up.ts';

/** A server with places for `max` sockets; requests to `/slow` get no answer. */
async function setUp(test: TestScope, max: number, options: Partial<SocketPlacesOptions> = {}) {
  const slow = { count: 0 };
  const server = createServer((request, response) => {
    if (request.url === '/slow') slow.count += 1;
    else response.end(places.isForVitalOnly(request) ? 'vital' : 'ok');
  });
  const places = new SocketPlaces({ ...anyNumber, max, ...options });
  places.watch(server);
  server.on('upgrade', (request, socket, head) => serveWithoutUpgrade(server, request, socket, head));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const sockets: Socket[] = [];
  test.onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    slow,
    /** Opens a socket, which sends a request for the path where there is one. */
    async open(path?: string) {
      const socket = connect(port, '127.0.0.1');
      sockets.push(socket);
      let heard = '';
      socket.setEncoding('latin1').on('data', (text: string) => {
        heard += text;
      });
      socket.on('error', () => socket.destroy());
      const ask = (target: string) => void socket.write(`GET ${target} HTTP/1.1\r\nHost: gateway\r\n\r\n`);
      await waitFor('the connection', () => !socket.connecting);
      if (path !== undefined) ask(path);
      return { ask, heard: () => heard, isGone: () => socket.destroyed };
    },
  };
}

describe('SocketPlaces', () => {
  it('counts a socket once that is begun anew', (test) => {
    const server = new Server();
    new SocketPlaces({ ...anyNumber, max: 2 }).watch(server);
    const sockets = [new Socket(), new Socket()];
    test.onTestFinished(() => sockets.forEach((socket) => void socket.destroy()));
    for (const socket of [...sockets, ...sockets]) server.emit('connection', socket);
    expect(sockets.map(({ destroyed }) => destroyed)).toEqual([false, false]);
    const newcomer = new Socket();
    server.emit('connection', newcomer);
    expect([...sockets, newcomer].map(({ destroyed }) => destroyed)).toEqual([true, false, false]);
  });

  it('lets the socket go that has been without a request for longest, and hears the newcomer', async (test) => {
    const { open } = await setUp(test, 3);
    const asked = await open('/');
    await waitFor('an answer', () => asked.heard().endsWith('ok'));
    const [silent, second] = [await open(), await open()];
    // It has been idle for a shorter time than those that came after it.
    asked.ask('/again');
    await waitFor('another answer', () => asked.heard().split('HTTP/1.1 200').length === 3);
    const newcomer = await open('/');
    await waitFor('an answer', () => newcomer.heard().endsWith('ok'));
    await waitFor('the silent one to be gone', silent.isGone);
    expect([asked.isGone(), second.isGone()]).toEqual([false, false]);
  });

  it('lets none go that waits for its answer', async (test) => {
    const { open, slow } = await setUp(test, 2);
    const [first, second] = [await open('/slow'), await open('/slow')];
    await waitFor('the requests', () => slow.count === 2);
    const vital: Awaited<ReturnType<typeof open>>[] = [];
    for (let count = 0; count < 16; count += 1) {
      const socket = await open('/');
      vital.push(socket);
      await waitFor('an answer', () => socket.heard().endsWith('vital'));
      socket.ask('/slow');
      await waitFor('the request', () => slow.count === 2 + vital.length);
    }
    const newcomer = await open();
    await waitFor('the newcomer to be gone', newcomer.isGone);
    expect([first, second, ...vital].some(({ isGone }) => isGone())).toBe(false);
  });

  it('counts the sockets of a peer, and lets the one go of it that has been idle for longest', async (test) => {
    const { open } = await setUp(test, 100, { maxPerPeer: 2, peerOf: () => 'one' });
    const [first, second] = [await open('/'), await open('/')];
    await waitFor('answers', () => [first, second].every(({ heard }) => heard().endsWith('ok')));
    first.ask('/again');
    await waitFor('another answer', () => first.heard().split('HTTP/1.1 200').length === 3);
    const newcomer = await open('/');
    await waitFor('an answer', () => newcomer.heard().endsWith('ok'));
    expect([first.isGone(), second.isGone()]).toEqual([false, true]);
  });

  it('counts one that offers what nobody speaks like any other', async (test) => {
    const { open, slow } = await setUp(test, 100, { maxPerPeer: 2, peerOf: () => 'one' });
    for (let count = 0; count < 2; count += 1) {
      const socket = await open();
      socket.ask('/slow HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nX: ');
    }
    await waitFor('the requests', () => slow.count === 2);
    const newcomer = await open('/');
    await waitFor('an answer', () => newcomer.heard().endsWith('vital'));
  });

  it('lets none go of whose requests one is answered and another is not', async (test) => {
    const { open, slow } = await setUp(test, 1);
    const socket = await open();
    socket.ask('/');
    await waitFor('an answer', () => socket.heard().endsWith('ok'));
    socket.ask('/slow');
    socket.ask('/');
    await waitFor('the requests', () => slow.count === 1);
    const newcomer = await open('/');
    await waitFor('an answer', () => newcomer.heard().endsWith('vital'));
    expect(socket.isGone()).toBe(false);
  });
});
