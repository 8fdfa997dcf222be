import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../../src/core/errors.ts';
import { handshake, rawExchange } from '../support/raw-socket.ts';
import { type TestScope, waitFor, within } from '../support/wait.ts';
import { startServer } from './http-set-up.ts';

/** The status line, header fields and body of the one answer on a connection. */
function parse(answer: string) {
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  const [status, ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)]),
  );
  return { status, headers, body };
}

describe('UpgradeRouter', () => {
  it('hands a handshake to who serves its path, whatever the query', async (test) => {
    const { port, accepted, meter } = await startServer(test);
    for (const target of ['/ws/stream', '/ws/stream?symbol=SPY', 'http://other.example/ws/stream']) {
      expect(await rawExchange(port, handshake(target))).toMatch(/^HTTP\/1\.1 101 /);
    }
    expect(accepted).toHaveLength(3);
    expect(meter.value('bff_rejected_total', { edge: 'upgrade', reason: 'not_found' })).toBe(0);
  });

  it.for([
    '/nowhere',
    '/ws',
    '/ws/stream//',
    '/WS/stream',
    '/ws/stream/x',
    '/ws%2Fstream',
    '/livez',
    '*',
    '//evil.example/ws/stream',
    '//[/ws/stream',
    'http://[/ws/stream',
  ])('answers 404 to a handshake at %s, and closes the socket', async (target, test) => {
    const { port, accepted, meter } = await startServer(test);
    const { status, headers, body } = parse(await rawExchange(port, handshake(target)));
    expect(status).toBe('HTTP/1.1 404 Not Found');
    expect(headers).toMatchObject({
      connection: 'close',
      'content-type': 'application/problem+json',
      'content-length': `${Buffer.byteLength(body)}`,
    });
    expect(JSON.parse(body)).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    expect(accepted).toEqual([]);
    expect(meter.value('bff_rejected_total', { edge: 'upgrade', reason: 'not_found' })).toBe(1);
  });

  it('lets who asks for nothing that exists use up no place', async (test) => {
    let asked = 0;
    const { port } = await startServer(test, () => {
      asked += 1;
      return undefined;
    });
    await rawExchange(port, handshake('/nowhere'));
    expect(asked).toBe(0);
  });

  it.for([
    ['ORIGIN_REFUSED', '403 Forbidden', undefined],
    ['TOO_MANY_CONNECTIONS', '429 Too Many Requests', undefined],
    ['AT_CAPACITY', '503 Service Unavailable', 5],
  ] as const)('passes a refusal on: %s is %s', async ([code, status, retryAfterS], test) => {
    const { port, accepted } = await startServer(
      test,
      () => new Refusal(code, { detail: 'see Größe', retryAfterS }),
    );
    const answer = parse(await rawExchange(port, handshake('/ws/stream')));
    expect(answer.status).toBe(`HTTP/1.1 ${status}`);
    expect(answer.headers['retry-after']).toBe(retryAfterS === undefined ? undefined : `${retryAfterS}`);
    expect(answer.headers['content-length']).toBe(`${Buffer.byteLength(answer.body)}`);
    expect(JSON.parse(answer.body)).toMatchObject({ code, detail: 'see Größe' });
    expect(accepted).toEqual([]);
  });

  it('gives the place back when the socket closes, once', async (test) => {
    let held = 0;
    const { port } = await startServer(test, (connection) => {
      held += 1;
      connection.on('close', () => (held -= 1));
      return undefined;
    });
    await Promise.all(Array.from({ length: 5 }, () => rawExchange(port, handshake('/ws/stream'))));
    await waitFor('the places', () => held === 0);
  });

  it('refuses every handshake once it is stopped', async (test) => {
    const { port, upgrades } = await startServer(test);
    upgrades.stop();
    const { status, headers, body } = parse(await rawExchange(port, handshake('/ws/stream')));
    expect(status).toBe('HTTP/1.1 503 Service Unavailable');
    expect(headers['retry-after']).toBe('1');
    expect(JSON.parse(body)).toMatchObject({ code: 'SHUTTING_DOWN' });
  });
});

/** What Java's HttpClient and `curl --http2` send with every request (RFC 7540 §3.2). */
const h2c =
  'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n';
const request = (method: string, path: string, more = '') =>
  `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;
const last = request('GET', '/livez', 'Connection: close\r\n');
const statuses = (answers: string) => answers.match(/HTTP\/1\.1 \d+/g);

/** The server, with a route that says what it was sent, and a connection to it. */
async function setUp(test: TestScope) {
  const scene = await startServer(test);
  scene.router.post('/echo', async ({ req }) => new Response(`${req.header('x-name')}: ${await req.text()}`));
  const socket = connect(scene.port, '127.0.0.1').setNoDelay(true).setEncoding('utf8');
  test.onTestFinished(() => void socket.destroy());
  let answers = '';
  socket
    .on('error', () => {})
    .on('data', (more: string) => {
      answers += more;
    });
  let asked = 0;
  return {
    ...scene,
    socket,
    answers: () => answers,
    /** Sends one request over the connection, in pieces of some bytes, and waits for the answer. */
    async ask(text: string, pieceBytes = Number.POSITIVE_INFINITY): Promise<void> {
      asked += 1;
      const bytes = Buffer.from(text, 'latin1');
      for (let sent = 0; sent < bytes.length; sent += pieceBytes) {
        socket.write(bytes.subarray(sent, sent + pieceBytes));
        await new Promise((resolve) => setImmediate(resolve));
      }
      await waitFor('the answer', () => statuses(answers)?.length === asked, { state: () => answers });
    },
  };
}

describe('A request that offers another protocol than WebSocket', () => {
  it('is answered as if it had offered none (RFC 9110 §7.8), and the connection goes on', async (test) => {
    const { ask, answers, meter } = await setUp(test);
    for (const more of [h2c, h2c, '', h2c]) await ask(request('GET', '/livez', more));
    expect(statuses(answers())).toEqual(Array(4).fill('HTTP/1.1 200'));
    expect(answers().match(/\{"status":"alive"\}/g)).toHaveLength(4);
    expect(meter.value('bff_rejected_total', { edge: 'upgrade', reason: 'not_found' })).toBe(0);
  });

  it.for([
    ['TLS/1.2', '/livez', 200],
    ['WebSocket2', '/livez', 200],
    ['h2c, websocket', '/livez', 200],
    ['h2c', '/nowhere', 404],
    ['h2c', '/ws/stream', 426],
  ] as const)('is answered for %s at %s with %i', async ([protocol, path, status], test) => {
    const { port } = await setUp(test);
    const more = `Connection: Upgrade\r\nUpgrade: ${protocol}\r\n`;
    expect(statuses(await rawExchange(port, request('GET', path, more) + last))).toEqual([
      `HTTP/1.1 ${status}`,
      'HTTP/1.1 200',
    ]);
  });

  it.each([1, 7, Number.POSITIVE_INFINITY])(
    'may have a body, with a length or in chunks, and any bytes in its header: in pieces of %d',
    async (pieceBytes) => {
      const tasks: (() => void | Promise<void>)[] = [];
      const { ask, answers } = await setUp({ onTestFinished: (task) => void tasks.unshift(task) });
      const name = `${h2c}X-Name: Größe\r\n`;
      await ask(`${request('POST', '/echo', `${name}Content-Length: 5\r\n`)}12345`, pieceBytes);
      await ask(
        `${request('POST', '/echo', `${name}Transfer-Encoding: chunked\r\n`)}3\r\nabc\r\n0\r\n\r\n`,
        pieceBytes,
      );
      expect(statuses(answers())).toEqual(Array(2).fill('HTTP/1.1 200'));
      expect(answers()).toMatch(/Größe: 12345[\s\S]*Größe: abc/);
      for (const task of tasks) await task();
    },
  );

  it.for(['websocket', 'WebSocket'])(
    'keeps nobody from a WebSocket afterwards: %s',
    async (protocol, test) => {
      const { ask, accepted, answers } = await setUp(test);
      await ask(request('GET', '/livez', h2c));
      await ask(handshake('/ws/stream', { Upgrade: protocol }));
      expect(statuses(answers())).toEqual(['HTTP/1.1 200', 'HTTP/1.1 101']);
      expect(accepted).toHaveLength(1);
    },
  );

  it('is closed with the server, and takes no harm when its client is gone', async (test) => {
    const { port, server, url, socket, ask } = await setUp(test);
    for (let client = 0; client < 5; client += 1) {
      const gone = connect(port, '127.0.0.1');
      gone.on('error', () => {}).write(request('GET', '/livez', h2c), () => gone.resetAndDestroy());
      await new Promise((resolve) => gone.once('close', resolve));
    }
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    await ask(request('GET', '/livez', h2c));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    server.stopAccepting();
    await within('the end of the idle connection', closed);
  });
});
