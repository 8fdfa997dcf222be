import { describe, expect, it } from 'vitest';
import { Refusal } from '../../src/core/errors.ts';
import { handshake, rawExchange } from '../support/raw-socket.ts';
import { waitFor } from '../support/wait.ts';
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
    '/ws/stream/',
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
