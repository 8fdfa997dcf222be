import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { spawnGateway } from '../support/gateway-process.ts';
import { type TestScope, useIn, waitFor, within } from '../support/wait.ts';

/** An engine that talks without end, breaks off, or says nothing; and a gateway as a process of its own. */
async function setUp(test: TestScope) {
  let asked = 0;
  let open = 0;
  const engine = createServer((request, response) => {
    request.resume();
    if (!request.url?.startsWith('/api/orders')) return void response.end('{}');
    asked += 1;
    open += 1;
    const talk = setInterval(() => response.write('x'.repeat(100_000)), 1);
    response.on('close', () => {
      open -= 1;
      clearInterval(talk);
    });
    if (request.url.includes('reset')) setTimeout(() => response.destroy(), 20);
    if (request.url.includes('short')) response.writeHead(200, { 'content-length': '1000000000' });
    if (request.url.includes('silent')) clearInterval(talk);
  });
  engine.listen(0, '127.0.0.1');
  await once(engine, 'listening');
  test.onTestFinished(() => {
    engine.closeAllConnections();
    engine.close();
  });
  const address = engine.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const gateway = await useIn(
    test,
    spawnGateway({
      ENGINE_URL: `http://127.0.0.1:${address.port}`,
      ENGINE_PASSTHROUGH: '/api/orders',
      ALLOW_COMMANDS: 'true',
    }),
  );
  let ended = false;
  void gateway.exited.then(() => {
    ended = true;
  });
  const send = (text: string): Socket => {
    const socket = connect(gateway.port, '127.0.0.1').on('error', () => {});
    socket.write(text);
    return socket;
  };
  return {
    gateway,
    send,
    head: (target: string, more = '') => `GET ${target} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`,
    asked: (count: number) => waitFor('the engine to be asked', () => asked >= count),
    /** All that the engine was asked is over, and the gateway lives. */
    async over(what: string) {
      await waitFor(`the engine to be let go after: ${what}`, () => open === 0 || ended);
      const alive = await fetch(`${gateway.url}/livez`).then(
        ({ ok }) => ok,
        () => false,
      );
      expect({ what, alive, ended, said: gateway.stderr }).toEqual({
        what,
        alive: true,
        ended: false,
        said: '',
      });
    },
  };
}

describe('A forwarded answer that is broken off', () => {
  it('ends nothing but itself, whoever breaks it off, and when', async (test) => {
    const { gateway, send, head, asked, over } = await setUp(test);
    const get = head('/api/orders');
    let count = 0;
    const cases: Readonly<Record<string, (socket: Socket) => void>> = {
      'the client goes': (socket) => socket.destroy(),
      'the client resets': (socket) => socket.resetAndDestroy(),
      'the client ends its side': (socket) => socket.end(),
      'garbage follows': (socket) => socket.write('\x00\x01garbage\r\n\r\n'),
    };
    for (const [what, breakOff] of Object.entries(cases)) {
      for (const read of [true, false]) {
        const socket = send(get);
        count += 1;
        await asked(count);
        if (read) await within('the answer', once(socket, 'data'));
        breakOff(socket);
        socket.resume();
        // What follows garbage waits for an answer that has not begun.
        const mayWait = what.includes('ends') || (what.includes('garbage') && !read);
        if (mayWait) setTimeout(() => socket.destroy(), 50);
        await over(`${what}, ${read ? 'reading' : 'not reading'}`);
        socket.destroy();
      }
    }
    const atOnce: Readonly<Record<string, string>> = {
      garbage: `${get}\x00\x01garbage\r\n\r\n`,
      'many at once': get.repeat(10),
      'HEAD and gone': get.replace('GET', 'HEAD'),
      'a body that does not come': `POST /api/orders HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900\r\n\r\nabc`,
      'a body in broken chunks': `POST /api/orders HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n`,
      'what says nothing': head('/api/orders/silent'),
    };
    for (const [what, text] of Object.entries(atOnce)) {
      for (const afterMs of [0, 5, 60]) {
        const socket = send(text);
        socket.resume();
        await once(socket, 'connect');
        setTimeout(() => socket.destroy(), afterMs);
        await once(socket, 'close');
        await over(`${what}, then gone after ${afterMs} ms`);
      }
    }
    for (const path of ['reset', 'short/reset', 'silent/reset']) {
      const answer = await fetch(`${gateway.url}/api/orders/${path}`).then(
        (response) =>
          response.text().then(
            () => response.status,
            () => 'cut off',
          ),
        () => 'cut off',
      );
      expect([path, [502, 'cut off'].includes(answer)]).toEqual([path, true]);
      await over(path);
      const socket = send(head(`/api/orders/${path}`));
      await once(socket, 'connect');
      setTimeout(() => socket.destroy(), 20);
      await once(socket, 'close');
      await over(`${path}, and the client goes too`);
    }
  });
});
