import { createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import fc from 'fast-check';
import { errors } from 'undici';
import { describe, expect, it } from 'vitest';
import { EngineClient } from '../../src/source/engine-client.ts';
import { faultWords, statusWords } from '../../src/source/fault-words.ts';
import type { TestScope } from '../support/wait.ts';
import { startEngineServer } from './engine-server.ts';

const never = new AbortController().signal;

const coded = (code: string, message = 'connect 10.0.0.7:6379 hunter2'): Error =>
  Object.assign(new Error(message), { code });

async function messageFrom(test: TestScope, url: string): Promise<string> {
  const client = new EngineClient({ url });
  test.onTestFinished(() => client.close());
  return await client.get('/', never).then(
    () => 'no failure',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

/** The port of a server on which only `listener` answers. */
async function listen(test: TestScope, server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  test.onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('faultWords', () => {
  it.each([
    [coded('ECONNREFUSED'), 'connection refused (ECONNREFUSED)'],
    [coded('ECONNRESET'), 'connection reset by the engine (ECONNRESET)'],
    [new errors.SocketError('other side closed'), 'connection reset by the engine (UND_ERR_SOCKET)'],
    [new errors.ConnectTimeoutError('10.0.0.7'), 'no connection in time (UND_ERR_CONNECT_TIMEOUT)'],
    [coded('ENOTFOUND'), 'host not found (ENOTFOUND)'],
    [coded('EAI_NODATA'), 'host not found (EAI_NODATA)'],
    [coded('EHOSTUNREACH'), 'host not reachable (EHOSTUNREACH)'],
    [coded('HPE_INVALID_CONSTANT'), 'the answer is not valid HTTP (HPE_INVALID_CONSTANT)'],
    [coded('HPE_HEADER_OVERFLOW'), 'the headers of the answer are too large (HPE_HEADER_OVERFLOW)'],
    [coded('CERT_HAS_EXPIRED'), 'the certificate of the engine has expired (CERT_HAS_EXPIRED)'],
    [
      coded('DEPTH_ZERO_SELF_SIGNED_CERT'),
      'the certificate of the engine is not trusted (DEPTH_ZERO_SELF_SIGNED_CERT)',
    ],
    [coded('ERR_SSL_TLSV1_ALERT'), 'the TLS handshake failed (ERR_SSL_TLSV1_ALERT)'],
    [coded('UNABLE_TO_GET_CRL'), 'the certificate of the engine is not valid (UNABLE_TO_GET_CRL)'],
    [coded('ESOMETHING'), 'connection failed (ESOMETHING)'],
    [new TypeError('fetch failed', { cause: coded('EPIPE') }), 'connection reset by the engine (EPIPE)'],
    [coded('10.0.0.7:6379'), 'connection failed'],
    [new Error('hunter2'), 'connection failed'],
    ['hunter2', 'connection failed'],
    [undefined, 'connection failed'],
  ])('puts %s in words before its code', (error, words) => {
    expect(faultWords(error, 'the engine')).toBe(words);
  });

  it.each([
    ['WRONGPASS invalid username-password pair', 'wrong user name or password (WRONGPASS)'],
    ['NOAUTH Authentication required.', 'Redis wants a password (NOAUTH)'],
    [
      "NOPERM this user has no permissions to run the 'subscribe' command",
      'Redis does not permit this user to do so (NOPERM)',
    ],
    ['ERR max number of clients reached', 'Redis refused the command (ERR)'],
    ['LOADING Redis is loading the dataset in memory', 'Redis is still loading its data (LOADING)'],
    ['OOM command not allowed', 'connection failed (OOM)'],
    ['Connection is closed.', 'connection failed'],
  ])('takes the first word of what Redis says for its code: %s', (message, words) => {
    expect(faultWords(new Error(message), 'Redis')).toBe(words);
  });

  it('has nothing in it but words and a code, whatever the error is', () => {
    const error = fc.record({ message: fc.string(), code: fc.option(fc.string()), cause: fc.anything() });
    fc.assert(
      fc.property(error, ({ message, code, cause }) => {
        const words = faultWords(
          Object.assign(new Error(message, { cause }), code === null ? {} : { code }),
          'Redis',
        );
        expect(words).toMatch(/^[A-Za-z ,:]+( \([A-Z][A-Z0-9_]{2,50}\))?$/);
      }),
    );
  });
});

describe('statusWords', () => {
  it.each([
    [302, 'the engine redirects, which is not followed (HTTP 302)'],
    [400, 'the engine refused the request (HTTP 400)'],
    [401, 'the engine wants another token (HTTP 401)'],
    [404, 'the engine has nothing at this path (HTTP 404)'],
    [429, 'the engine is asked too often (HTTP 429)'],
    [500, 'the engine failed to answer (HTTP 500)'],
    [503, 'the engine is not available (HTTP 503)'],
  ])('puts %d in words', (status, words) => expect(statusWords(status)).toBe(words));
});

describe('EngineClient says in words that', () => {
  it('nobody listens', async (test) => {
    const engine = await startEngineServer();
    await engine.stop();
    expect(await messageFrom(test, engine.url)).toBe('connection refused (ECONNREFUSED)');
  });

  it('the name is none', async (test) => {
    expect(await messageFrom(test, 'http://nowhere.invalid')).toMatch(
      /^host not found.* \((ENOTFOUND|EAI_AGAIN)\)$/,
    );
  });

  it('the connection broke off', async (test) => {
    const port = await listen(
      test,
      createServer((socket) => socket.once('data', () => socket.end())),
    );
    expect(await messageFrom(test, `http://127.0.0.1:${port}`)).toBe(
      'connection reset by the engine (UND_ERR_SOCKET)',
    );
  });

  it.for([
    'hunter2 is not HTTP\r\n\r\n',
    'HTTP/1.1 2xx hunter2\r\n\r\n',
    'HTTP/1.1 200 OK\r\nContent-Length: hunter2\r\n\r\n{}',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhunter2\r\n',
    'HTTP/1.1 101 Switching Protocols\r\n\r\n',
  ])('the answer is no HTTP: %j', async (answer, test) => {
    const port = await listen(
      test,
      createServer((socket) => socket.on('error', () => {}).once('data', () => socket.end(answer))),
    );
    expect(await messageFrom(test, `http://127.0.0.1:${port}`)).toMatch(
      /^the answer is not valid HTTP( \(ERR_ASSERTION\))?$/,
    );
  });

  it('an answer is shorter than it says', async (test) => {
    const short = createServer((socket) =>
      socket
        .on('error', () => {})
        .once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}')),
    );
    const port = await listen(test, short);
    expect(await messageFrom(test, `http://127.0.0.1:${port}`)).toBe(
      'connection reset by the engine (UND_ERR_SOCKET)',
    );
  });

  it('no TLS is spoken, or none in common', async (test) => {
    const plain = await startEngineServer();
    test.onTestFinished(() => plain.stop());
    const fault = await messageFrom(test, plain.url.replace('http', 'https'));
    expect(fault).toBe('the engine does not speak TLS here (ERR_SSL_WRONG_VERSION_NUMBER)');
    // Without a certificate, it can agree on nothing.
    const tls = createTlsServer();
    tls.on('tlsClientError', () => {});
    const port = await listen(test, tls);
    expect(await messageFrom(test, `https://127.0.0.1:${port}`)).toMatch(
      /^the TLS handshake failed \([A-Z0-9_]+\)$/,
    );
  });
});
