import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createManualClock } from '../support/manual-clock.ts';
import { rawExchange } from '../support/raw-socket.ts';
import { waitFor } from '../support/wait.ts';
import { anybody, startPassthrough } from './passthrough-set-up.ts';

const get = (target: string, method = 'GET'): string =>
  `${method} ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;

describe('Passthrough, used by strangers,', () => {
  it.for([
    '/api/instances/..;/admin',
    '/api/instances/%252e%252e/admin',
    '/api/instances/%252fadmin',
    '/api/instances/%c0%ae%c0%ae/admin',
    '/api/instances/%c0%afadmin',
    '/api/instances/%e0%80%afadmin',
    '/api/instances/%00',
    '/api/instances/%0d%0aX:y',
    '/api/instances/a%5cb',
  ])('refuses with 400 what an engine may read as another path: %s', async (target, test) => {
    const { seen, port } = await startPassthrough(test);
    const answer = await rawExchange(port, get(target));
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('"code":"BAD_REQUEST"');
    expect(seen).toEqual([]);
  });

  it.for(['TRACE', 'TRACK'])('echoes no header to anybody: %s', async (method, test) => {
    const { seen, port } = await startPassthrough(test, { engineToken: 'engine-secret' });
    expect(await rawExchange(port, get('/api/instances', method))).toMatch(/^HTTP\/1\.1 40[05] /);
    expect(seen).toEqual([]);
  });

  it('sends no token on, however its name is written, and no page that it came from', async (test) => {
    const { seen, port } = await startPassthrough(test);
    const query = 'TOKEN=hunter2&a=1&access%5Ftoken=hunter2&Access_Token=hunter2&t%6fken=hunter2';
    const referer = 'Referer: http://localhost/?token=hunter2\r\nConnection';
    await rawExchange(port, get(`/api/instances?${query}`).replace('Connection', referer));
    expect(seen[0]?.target).toBe('/base/api/instances?a=1');
    expect(JSON.stringify(seen)).not.toContain('hunter2');
  });

  it('fences what the engine says, and tells a client where a page of the engine’s is here', async (test) => {
    const { url } = await startPassthrough(
      test,
      { authorise: async () => ({ anonymous: false, client: 'subject a' }) },
      (response, request) => {
        response.writeHead(302, {
          'content-type': 'text/html',
          location: request.url?.endsWith('away') ? 'http://evil.example/' : '/base/api/instances/8?x=1',
          'cache-control': 'public, max-age=60',
          'set-cookie': 'token=x',
        });
        response.end('<script>alert(1)</script>');
      },
    );
    const { headers } = await fetch(`${url}/7`, { redirect: 'manual' });
    expect(headers.get('content-security-policy')).toBe("sandbox; default-src 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cache-control')).toBe('private, max-age=60');
    expect(headers.get('location')).toBe('/api/instances/8?x=1');
    expect(headers.has('set-cookie')).toBe(false);
    expect((await fetch(`${url}/away`, { redirect: 'manual' })).headers.has('location')).toBe(false);
  });

  it('cuts a reader that takes nothing for 30 s, and lets the engine go', async (test) => {
    const clock = createManualClock();
    let open = 0;
    let sent = 0;
    const { port, url } = await startPassthrough(test, { clock }, (response, request) => {
      if (!request.url?.includes('endless')) return void response.end('ok');
      open += 1;
      response.on('close', () => {
        open -= 1;
      });
      const more = (): void => {
        do sent += 1;
        while (!response.destroyed && response.write(Buffer.alloc(64 * 1024)));
      };
      response.on('drain', more);
      more();
    });
    const sockets = Array.from({ length: 4 }, () => {
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      socket.write(get('/api/instances/endless'));
      return socket;
    });
    let before = -1;
    await waitFor('nothing to move any more', async () => {
      const moved = sent !== before;
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 50));
      return open === 4 && !moved && sent === before;
    });
    clock.advance(29_000);
    expect((await fetch(url)).status).toBe(200);
    expect(open).toBe(4);
    clock.advance(1001);
    await waitFor('the engine to be let go', () => open === 0);
    await waitFor('the readers to be cut', () => {
      for (const socket of sockets) socket.resume();
      return sockets.every(({ destroyed }) => destroyed);
    });
  });

  it('says so where the engine answers with a status that is none, and asks it again', async (test) => {
    const { url, log } = await startPassthrough(test, { authorise: async () => anybody }, (response) => {
      response.socket?.end('HTTP/1.1 799 Odd\r\nContent-Length: 5\r\n\r\nhello');
    });
    for (let count = 0; count < 20; count += 1) expect((await fetch(url)).status).toBe(502);
    expect(log.entries.some(({ message }) => message === 'engine not reached')).toBe(true);
  });
});
