import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../../../src/core/errors.ts';
import { handshake, rawExchange } from '../../support/raw-socket.ts';
import { waitFor } from '../../support/wait.ts';
import { serveDialect } from './dialect-set-up.ts';

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};
const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

describe('The telemetry dialect', () => {
  it('keeps nothing for a client that left while its token was verified', async (test) => {
    const { port, waiting, letIn, renditions, places, closedSockets, sessions } = await serveDialect(test);
    const before = renditions();
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(handshake('/ws/stream?interval=100'));
    await waitFor('the handshake', () => waiting() === 1);
    socket.resetAndDestroy();
    await waitFor('the end of the socket', () => closedSockets.count === 1);
    letIn();
    await turns(20);
    expect({ renditions: renditions(), places: places(), sessions: sessions.size }).toEqual({
      renditions: before,
      places: 0,
      sessions: 0,
    });
  });

  it('keeps nothing for an event stream whose client left while its token was verified', async (test) => {
    const { port, waiting, letIn, renditions, places, sessions } = await serveDialect(test);
    const before = renditions();
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(get('/api/stream/telemetry?interval=100'));
    await waitFor('the request', () => waiting() === 1);
    const ended = new Promise((resolve) => socket.once('close', resolve));
    socket.resetAndDestroy();
    await ended;
    // The server has heard of it once a later connection is answered.
    expect(await rawExchange(port, 'GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).toContain(
      '200 OK',
    );
    letIn();
    await turns(50);
    expect({ renditions: renditions(), places: places(), sessions: sessions.size }).toEqual({
      renditions: before,
      places: 0,
      sessions: 0,
    });
  });

  it('serves an event stream, and gives back what it held when its client leaves', async (test) => {
    const { port, waiting, letIn, renditions, places, sessions, change } = await serveDialect(test);
    const before = renditions();
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    let received = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      received += text;
    });
    socket.write(get('/api/stream/telemetry?mode=delta&sections=market,note'));
    await waitFor('the request', () => waiting() === 1);
    letIn();
    await waitFor('the greeting', () => received.includes('"type":"WELCOME"'));
    change();
    await waitFor('the change', () => received.includes('"type":"DELTA"'));
    expect(received).toMatch(/\nid: [0-9a-f]+\.[0-9a-f]+-\d+\ndata: \{"type":"WELCOME"/);
    expect({ places: places(), sessions: sessions.size, renditions: renditions() }).toEqual({
      places: 1,
      sessions: 1,
      renditions: before + 1,
    });
    socket.destroy();
    await waitFor('the end', () => sessions.size === 0 && places() === 0);
    expect(renditions()).toBe(before);
  });

  it.for([
    ['/ws/stream?interval=x', '400', 'BAD_OPTION'],
    ['/?sections=nowhere', '400', 'BAD_OPTION'],
    ['/?symbol=spy', '400', 'BAD_OPTION'],
  ])('refuses a bad option before the upgrade: %s', async ([target, status, code], test) => {
    const { port, waiting, letIn, places } = await serveDialect(test);
    const answer = rawExchange(port, handshake(target ?? ''));
    await waitFor('the handshake', () => waiting() === 1);
    letIn();
    expect(await answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [\\s\\S]*"code":"${code}"`));
    await waitFor('the place', () => places() === 0);
  });

  it('refuses who is not let in, and takes no view for it', async (test) => {
    const { port, waiting, refuse, renditions } = await serveDialect(test);
    const before = renditions();
    const answer = rawExchange(port, handshake('/?interval=100'));
    await waitFor('the handshake', () => waiting() === 1);
    refuse(new Refusal('UNAUTHENTICATED', { challenge: 'Bearer' }));
    expect(await answer).toMatch(/^HTTP\/1\.1 401 [\s\S]*WWW-Authenticate: Bearer/);
    expect(renditions()).toBe(before);
  });

  it('refuses MessagePack over an event stream, which is text', async (test) => {
    const { port, waiting, letIn } = await serveDialect(test);
    const answer = rawExchange(
      port,
      get('/api/stream/telemetry?encoding=msgpack').replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'),
    );
    await waitFor('the request', () => waiting() === 1);
    letIn();
    expect(await answer).toMatch(/^HTTP\/1\.1 400 [\s\S]*BAD_OPTION/);
  });
});
