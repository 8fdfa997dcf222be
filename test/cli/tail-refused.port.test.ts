import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { ExplainedWebSocket } from '../../src/cli/explained-web-socket.ts';
import { startGateway } from '../support/gateway.ts';
import { commandResult } from '../support/gateway-process.ts';
import { type TestScope, useIn, within } from '../support/wait.ts';

const AUTH_JWT_SECRET = 's'.repeat(32);

/** The address of a server that answers everything so. */
async function startRefusing(
  test: TestScope,
  status: number,
  body: string,
  type = 'application/problem+json',
) {
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': type }).end(body);
  });
  test.onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return `ws://127.0.0.1:${address.port}`;
}

/** What a WebSocket is told there. */
async function toldBy(test: TestScope, status: number, body: string, type?: string) {
  const url = await startRefusing(test, status, body, type);
  const socket = new ExplainedWebSocket(url, []);
  const words: string[] = [];
  socket.on('error', ({ message }) => words.push(message));
  await within('the close', new Promise((resolve) => socket.once('close', resolve)));
  return words;
}

describe('A WebSocket of tail whose handshake is refused', () => {
  it('says why, by the problem in the answer, and the status last', async (test) => {
    const problem = JSON.stringify({ code: 'HOST_REFUSED', detail: 'not by this name', status: 421 });
    expect(await toldBy(test, 421, problem)).toEqual(['HOST_REFUSED: not by this name – HTTP 421']);
  });

  it('says the status alone where the answer is anything else', async (test) => {
    for (const body of ['', '<html>', '[]', '{"code":7}', '{"__proto__":{"code":"x"}}']) {
      expect(await toldBy(test, 502, body, 'text/html'), body).toEqual(['HTTP 502']);
    }
  });

  it('reads no endless answer', async (test) => {
    expect(await toldBy(test, 403, 'x'.repeat(100_000))).toEqual(['body over 16384 bytes – HTTP 403']);
  });
});

describe('tail, where the gateway does not let it in', () => {
  it('ends with 1 and says why, without a token', async (test) => {
    const { wsUrl } = await useIn(test, startGateway({ settings: { AUTH_JWT_SECRET } }));
    for (const more of [[], ['--json'], ['--once'], ['--once', '--any']]) {
      const { code, stdout, stderr } = await commandResult(['tail', wsUrl, ...more], {});
      expect(code, more.join()).toBe(1);
      expect(stderr).toMatch(/^unauthorized.*UNAUTHENTICATED: no token was offered.* – 127\.0\.0\.1:\d+$/m);
      expect(stderr).not.toContain('Unexpected server response');
      if (!more.includes('--json')) expect(stdout).toBe('');
      else
        expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({ state: 'unauthorized' });
    }
  });

  it('ends with 1 where its token is none, also one from the environment', async (test) => {
    const { wsUrl } = await useIn(test, startGateway({ settings: { AUTH_JWT_SECRET } }));
    const { code, stderr } = await commandResult(['tail', wsUrl], { TELEMETRY_TOKEN: 'a.b.c' });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^unauthorized: .*UNAUTHENTICATED/m);
    expect(stderr).not.toContain('a.b.c');
  });

  it('ends with 1 where the gateway refuses it whatever its token, and says what to set', async (test) => {
    const detail = 'other.example is not in ALLOWED_HOSTS';
    const problem = JSON.stringify({ code: 'HOST_REFUSED', detail, status: 421 });
    const url = await startRefusing(test, 421, problem);
    const { code, stderr } = await commandResult(['tail', url], {});
    expect(code).toBe(1);
    expect(stderr).toMatch(/^refused: .*HOST_REFUSED: other\.example is not in ALLOWED_HOSTS/m);
  });
});
