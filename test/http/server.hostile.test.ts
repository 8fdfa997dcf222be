import type { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type HttpOptions, HttpServer } from '../../src/http/server.ts';
import { openRaw } from '../support/raw-socket.ts';
import { type TestScope, waitFor } from '../support/wait.ts';
import { anyNumber, routerFor } from './http-set-up.ts';

const large = 'x'.repeat(4 * 1024 * 1024);
const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;

/** A server that counts what it works out: `/large` answers with 4 MB, `/never` not at all. */
async function setUp(test: TestScope, options: Partial<HttpOptions> = {}) {
  const { router, log } = routerFor();
  const begun: string[] = [];
  const floods: unknown[] = [];
  router.get('/large', (context) => {
    begun.push('large');
    return context.text(large);
  });
  router.get('/number/:number', ({ req }) => {
    begun.push(req.param('number'));
    return new Response(`<${req.param('number')}>`);
  });
  router.get('/never', () => {
    begun.push('never');
    return new Promise<Response>(() => {});
  });
  const switching = {
    handle: (_request: unknown, socket: Duplex) => void socket.end('HTTP/1.1 101 Switching\r\n\r\n'),
  };
  const server = new HttpServer(router, switching, log, {
    port: 0,
    host: '127.0.0.1',
    places: anyNumber,
    onRefused: (_, request) => floods.push(request.url),
    ...options,
  });
  const port = await server.listen();
  test.onTestFinished(() => server.close());
  const open = () => openRaw(test, port);
  return { open, begun, floods };
}

describe('A socket that asks and does not read', () => {
  it('has one answer worked out, whatever it asks besides', async (test) => {
    const { open, begun } = await setUp(test);
    const { socket } = open();
    socket.pause().write(get('/large').repeat(50));
    await waitFor('the first answer', () => begun.length > 0);
    const other = open();
    other.socket.write(get('/number/1'));
    await waitFor('the answer of another', () => other.heard().includes('<1>'));
    expect(begun).toEqual(['large', '1']);
  });

  it('is cut when it takes nothing of what Node itself would answer, without asking us', async (test) => {
    const { open, floods } = await setUp(test, { stalledAfterMs: 100 });
    const polite = open();
    polite.socket.write(get('/number/1', 'Expect: the-impossible\r\n'));
    await waitFor('the answer', () => polite.heard().startsWith('HTTP/1.1 417 '));
    const { socket } = open();
    socket.pause().write(get('/number/1', 'Expect: the-impossible\r\n').repeat(60_000));
    await waitFor('the end', () => {
      socket.write(' ');
      return socket.destroyed || floods.length > 0;
    });
  });

  it('is closed where it asks for hundreds at once', async (test) => {
    const { open, begun, floods } = await setUp(test);
    const { socket } = open();
    socket.pause().write(get('/large').repeat(1500));
    await waitFor('the flood', () => floods.length > 0);
    socket.resume();
    await waitFor('the end', () => socket.closed);
    expect([begun.length, floods]).toEqual([1, ['/large']]);
  });

  it('is cut when nothing of an answer leaves, and one that waits for its answer is not', async (test) => {
    const { open, begun } = await setUp(test, { stalledAfterMs: 100 });
    const stalled = open();
    stalled.socket.pause().write(get('/large'));
    const patient = open();
    patient.socket.write(get('/never'));
    await waitFor('the answer', () => begun.length > 0);
    // Paused, it does not learn of its end: it would if it wrote.
    await waitFor('the cut', () => {
      stalled.socket.write(' ');
      return stalled.socket.destroyed;
    });
    expect(patient.socket.destroyed).toBe(false);
  });
});

describe('A handshake behind a request without an answer', () => {
  it.for(['websocket', 'h2c'])(
    'ends its own socket at most, and no answer is lost before it: %s',
    async (protocol, test) => {
      const { open, begun } = await setUp(test);
      const upgrade = get('/number/1', `Connection: Upgrade\r\nUpgrade: ${protocol}\r\n`);
      for (let count = 0; count < 20; count += 1) {
        const { socket } = open();
        socket.pause().write(get('/large').repeat(1 + (count % 3)) + upgrade);
        await waitFor('the answer to begin', () => begun.length > count);
        socket.resetAndDestroy();
      }
      const reader = open();
      reader.socket.write(get('/large') + upgrade + get('/number/2'));
      if (protocol === 'h2c') {
        await waitFor('all answers', () => reader.heard().endsWith('<2>'));
        expect(reader.heard()).toContain(large);
      } else await waitFor('its end', () => reader.socket.closed);
      const other = open();
      other.socket.write(get('/number/3'));
      await waitFor('another answer', () => other.heard().includes('<3>'));
    },
  );
});

describe('A socket without a request', () => {
  it('is closed after the time that its last answer names', async (test) => {
    const { open } = await setUp(test, { stalledAfterMs: 60_000 });
    const { socket, heard } = open();
    socket.write(get('/number/1'));
    await waitFor('the answer', () => heard().includes('<1>'));
    expect(heard()).toMatch(/keep-alive: timeout=5/i);
    await waitFor('its end', () => socket.closed);
  });
});

describe('Requests that are pipelined', () => {
  it('are answered in their order', async (test) => {
    const { open } = await setUp(test);
    const { socket, heard } = open();
    const numbers = Array.from({ length: 60 }, (_, index) => index);
    socket.write(numbers.map((number) => get(`/number/${number}`)).join(''));
    await waitFor('all answers', () => heard().includes('<59>'));
    expect(heard().match(/<\d+>/g)).toEqual(numbers.map((number) => `<${number}>`));
  });

  it('are answered around one that offers a protocol nobody serves', async (test) => {
    const { open } = await setUp(test);
    const { socket, heard } = open();
    const h2c = get('/number/2', 'Connection: Upgrade\r\nUpgrade: h2c\r\n');
    socket.write([get('/number/1'), h2c, get('/number/3'), h2c, get('/number/4')].join(''));
    await waitFor('all answers', () => heard().includes('<4>'));
    expect(heard().match(/<\d+>/g)).toEqual(['<1>', '<2>', '<3>', '<2>', '<4>']);
  });

  it('are all forgotten when the socket closes', async (test) => {
    const { open, begun } = await setUp(test);
    const { socket } = open();
    socket.write(get('/never') + get('/number/1').repeat(20));
    const other = open();
    other.socket.write(get('/number/2'));
    await waitFor('another answer', () => begun.includes('2'));
    socket.destroy();
    other.socket.write(get('/number/3'));
    await waitFor('another answer', () => begun.includes('3'));
    expect(begun).toEqual(['never', '2', '3']);
  });
});

describe('With every socket taken by requests without an answer', () => {
  it('what is vital is answered, and nothing else', async (test) => {
    const { open, begun } = await setUp(test, {
      places: { ...anyNumber, max: 2 },
      isVital: ({ url }) => url === '/livez',
    });
    for (let count = 0; count < 2; count += 1) open().socket.write(get('/never'));
    await waitFor('the requests', () => begun.length === 2);
    const vital = open();
    vital.socket.write(get('/livez'));
    await waitFor('the answer', () => vital.heard().includes('alive'));
    const other = open();
    other.socket.write(get('/number/1'));
    await waitFor('the refusal', () => other.heard().includes('AT_CAPACITY'));
    expect(other.heard()).toMatch(/^HTTP\/1\.1 503 [\s\S]*retry-after: 5/i);
  });
});
