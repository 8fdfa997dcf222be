import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { systemClock } from '../../src/core/clock.ts';
import { Message } from '../../src/encode/message.ts';
import type { SocketIoTransport } from '../../src/transport/socket-io.ts';
import { SocketIoServer } from '../../src/transport/socket-io-server.ts';
import { type TestScope, waitFor, within } from '../support/wait.ts';

/** A server over a socket of the file system, whose buffer holds some hundred packets. */
async function setUp(test: TestScope) {
  let refusals = 0;
  const drains: number[] = [];
  const begun: SocketIoTransport[] = [];
  const server = new SocketIoServer({
    clock: systemClock,
    maxMessageBytes: 1024,
    join: async () => ({
      abandon() {},
      begin(transport) {
        const onDrain = (): void => void drains.push(drains.length);
        transport.start({ onMessage() {}, onControl: () => true, onDrain, onEnd() {} });
        begun.push(transport);
      },
    }),
    onRefused: () => {
      refusals += 1;
    },
  });
  const queryOf = (url = '') => new URL(url, 'http://localhost').searchParams;
  const http = createServer((asked, answer) =>
    server.handleRequest(asked, answer, queryOf(asked.url), () => {}),
  );
  http.on('upgrade', (asked, socket, head) => server.handleUpgrade(asked, socket, head, queryOf(asked.url)));
  const folder = await mkdtemp(join(tmpdir(), 'socket-io-'));
  const socketPath = join(folder, 'socket');
  await new Promise<void>((resolve) => http.listen(socketPath, resolve));
  test.onTestFinished(async () => {
    await server.close();
    http.closeAllConnections();
    http.close();
    await rm(folder, { recursive: true });
  });
  const handshake = async (): Promise<string> => {
    const asking = request({ socketPath, path: '/?EIO=4&transport=polling', agent: false }).end();
    const [answer] = await within('the handshake', once(asking, 'response'));
    return JSON.parse((await text(answer)).slice(1)).sid;
  };
  const connect = async (more = '', options = {}) => {
    const socket = new WebSocket(`ws+unix://${socketPath}:/?EIO=4&transport=websocket${more}`, options);
    test.onTestFinished(() => socket.terminate());
    await within('the connection', once(socket, 'open'));
    return socket;
  };
  /** Both ends of a connection that has joined. */
  const begin = async (options = {}) => {
    const socket = await connect('', options);
    const heard: string[] = [];
    socket.on('message', (data) => heard.push(String(data)));
    socket.send('40');
    const transport = await waitFor('the transport', () => begun.shift());
    return { socket, heard, transport };
  };
  return { handshake, connect, begin, drains, refusals: () => refusals };
}

describe('A Socket.IO server', () => {
  it('gives an upgrade up whose client asks for more answers than it reads', async (test) => {
    const { handshake, connect, refusals } = await setUp(test);
    const socket = await connect(`&sid=${await handshake()}`);
    const closed = once(socket, 'close');
    socket.on('error', () => {}).pause();
    await waitFor('the refusal', () => {
      for (let count = 0; count < 100 && socket.readyState === socket.OPEN; count += 1) socket.send('2probe');
      return refusals() > 0;
    });
    socket.resume();
    expect((await within('the end', closed))[0]).toBe(1006);
  });
});

describe('A Socket.IO transport', () => {
  const update = (mark: number, bytes: number) => {
    const packet = { type: 'update', mark, padding: 'x'.repeat(bytes) };
    return new Message(packet);
  };
  const marksIn = (heard: readonly string[]) =>
    heard.flatMap((text) => /^42\["update",.*"mark":(\d+)/.exec(text)?.[1] ?? []).map(Number);

  it('takes nothing more from the kernel’s refusal until all has left, and what it took arrives', async (test) => {
    const { begin, drains } = await setUp(test);
    const { socket, heard, transport } = await begin();
    socket.pause();
    const taken: number[] = [];
    for (let round = 1; round <= 20; round += 1) {
      await waitFor('the refusal', () => {
        const mark = taken.length + 1;
        if (transport.offer(update(mark, 20_000)) === 0) return true;
        taken.push(mark);
        return false;
      });
      expect([transport.canTake(), transport.answer(update(0, 1))]).toEqual([false, 0]);
      socket.resume();
      await waitFor('the drain', () => drains.length >= round);
      socket.pause();
    }
    socket.resume();
    await waitFor('all of it', () => marksIn(heard).length === taken.length);
    expect(marksIn(heard)).toEqual(taken);
  });

  it('takes no more than a window of a client that answers no pings, and goes on when it does', async (test) => {
    const { begin, drains } = await setUp(test);
    const { socket, heard, transport } = await begin({ autoPong: false });
    const pings: Buffer[] = [];
    socket.on('ping', (payload: Buffer) => pings.push(payload));
    let taken = 0;
    await waitFor('the refusal', () => {
      if (transport.offer(update(taken + 1, 10_000)) > 0) taken += 1;
      return !transport.canTake() && marksIn(heard).length === taken && pings.length > 0;
    });
    expect(taken * 10_000).toBeLessThan(600_000);
    const before = drains.length;
    for (const payload of pings) socket.pong(payload);
    await waitFor('the drain', () => drains.length > before);
    expect(transport.canTake()).toBe(true);
  });
});
