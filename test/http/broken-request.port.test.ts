import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { HttpServer } from '../../src/http/server.ts';
import { startGateway } from '../support/gateway.ts';
import { handshake, openRaw, rawExchange } from '../support/raw-socket.ts';
import { type TestScope, useIn, waitFor } from '../support/wait.ts';
import { anyNumber, routerFor } from './http-set-up.ts';

const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;
const tooLong = `X: ${'a'.repeat(20_000)}\r\n`;
const noChunk = 'Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\nno length\r\n';

/** `/slow` answers once it is let; `/begun` begins and does not end. */
async function setUp(test: TestScope) {
  const { router, log } = routerFor();
  const refused: string[] = [];
  const held: (() => void)[] = [];
  router.get(
    '/slow',
    () => new Promise<Response>((resolve) => held.push(() => resolve(new Response('slow')))),
  );
  router.post('/all', async ({ req }) => new Response(await req.text()));
  router.get('/begun', () => {
    const start = (controller: ReadableStreamDefaultController) => controller.enqueue(Buffer.from('begun'));
    return new Response(new ReadableStream({ start }));
  });
  const server = new HttpServer(router, { handle: () => {} }, log, {
    port: 0,
    host: '127.0.0.1',
    places: anyNumber,
    onRefused: ({ code }, { socket }) => refused.push(`${code} ${socket.remoteAddress}`),
  });
  const port = await server.listen();
  test.onTestFinished(() => server.close());
  return { port, refused, held };
}

const bodyOf = (answer: string): unknown => JSON.parse(answer.slice(answer.lastIndexOf('\r\n\r\n')));

describe('A request that cannot be read', () => {
  it.for([
    ['whose headers are too large', get('/all', tooLong), 431, 'HEADERS_TOO_LARGE'],
    ['that is not HTTP', 'hello\r\n\r\n', 400, 'BAD_REQUEST'],
    ['whose length is none', get('/all', 'Content-Length: x\r\n'), 400, 'BAD_REQUEST'],
    [
      'with a chunk that has no length',
      `POST /all HTTP/1.1\r\nHost: localhost\r\n${noChunk}`,
      400,
      'BAD_REQUEST',
    ],
  ] as const)('%s: is told what is wrong, and counted once', async ([, request, status, code], test) => {
    const { port, refused } = await setUp(test);
    const answer = await rawExchange(port, request);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(bodyOf(answer)).toMatchObject({ status, code, effect: 'none' });
    expect(refused).toEqual([`${code} 127.0.0.1`]);
  });

  it('leaves the one before it its answer, and is refused after that', async (test) => {
    const { port, held } = await setUp(test);
    const { socket, heard } = openRaw(test, port);
    socket.write(`${get('/slow')}hello\r\n\r\n`);
    (await waitFor('the request', () => held[0]))();
    await waitFor('the end', () => socket.destroyed);
    expect(heard()).toMatch(/^HTTP\/1\.1 200 .*slow.*HTTP\/1\.1 400 /s);
    expect(bodyOf(heard())).toMatchObject({ code: 'BAD_REQUEST' });
  });

  it('adds nothing to an answer that has begun', async (test) => {
    const { port, refused } = await setUp(test);
    const { socket, heard } = openRaw(test, port);
    socket.write(get('/begun'));
    await waitFor('the answer', () => heard().includes('begun'));
    socket.write('hello\r\n\r\n');
    await waitFor('the end', () => socket.destroyed);
    expect(heard()).not.toContain('400');
    expect(refused).toEqual(['BAD_REQUEST 127.0.0.1']);
  });

  it('is none where a client goes away, in the middle of one or before', async (test) => {
    const { port, refused } = await setUp(test);
    for (const begun of [
      '',
      'GET /all HT',
      'POST /all HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n{',
    ]) {
      for (const leave of [(socket: Socket) => socket.resetAndDestroy(), (socket: Socket) => socket.end()]) {
        const { socket } = openRaw(test, port);
        socket.write(begun, () => leave(socket));
        await waitFor('the end', () => socket.destroyed);
      }
    }
    expect(await rawExchange(port, get('/livez', 'Connection: close\r\n'))).toMatch(/^HTTP\/1\.1 200 /);
    expect(refused).toEqual([]);
  });

  it('has a line in the log and a place in the metrics', async (test) => {
    const gateway = await useIn(test, startGateway());
    await rawExchange(gateway.port, get('/livez', tooLong));
    expect(gateway.log.entries).toContainEqual({
      level: 'warn',
      message: 'refused',
      fields: expect.objectContaining({ reason: 'headers_too_large', address: '127.0.0.1' }),
    });
    const count = (await gateway.metrics()).value('bff_rejected_total', {
      edge: 'http',
      reason: 'headers_too_large',
    });
    expect(count).toBe(1);
  });

  it('does not exist on a socket that has become a WebSocket', async (test) => {
    const gateway = await useIn(test, startGateway());
    const { socket, heard } = openRaw(test, gateway.port);
    socket.write(handshake('/'));
    await waitFor('the first frame', () => heard().includes('WELCOME'));
    socket.write('hello\r\n\r\n');
    await waitFor('the end', () => socket.destroyed);
    expect(heard()).not.toContain('HTTP/1.1 400');
    expect(gateway.log.entries.filter(({ message }) => message === 'refused')).toEqual([]);
  });
});
