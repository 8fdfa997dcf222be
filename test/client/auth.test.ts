import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { secretToken, testClaims, testSecret } from '../support/tokens.ts';
import { waitFor } from '../support/wait.ts';
import { shortTiming, useClient } from './client-set-up.ts';
import { connectToFake } from './fake-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({ settings: { AUTH_JWT_SECRET: testSecret, POLL_CRON: '0 0 0 1 1 *' } });
});
afterAll(() => gateway.stop());

const operator = (): Promise<string> => secretToken(testClaims({ role: 'operator' }), testSecret);
/** Expires in two to three seconds: `exp` is in whole ones. */
function shortToken(name: string): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return secretToken(testClaims({ sub: name, iat: now, exp: now + 3 }), testSecret);
}
const endedClients = (cause: string): number =>
  gateway.log.entries.filter(
    ({ message, fields }) => message.endsWith('disconnected') && fields.cause === cause,
  ).length;

describe('A token', () => {
  it.for(['websocket', 'sse', 'polling'] as const)('lets a client in by %s', async (transport, test) => {
    const isBlocked = (url: string): boolean => transport === 'polling' && url.includes('/stream/');
    const client = useClient(test, {
      url: gateway.url,
      token: operator,
      ...(transport === 'websocket' ? {} : { WebSocket: null }),
      fetch: (url, init) => (isBlocked(url) ? Promise.reject(new Error('blocked')) : fetch(url, init)),
    });
    await waitFor(transport, () => client.status.transport === transport, { state: () => client.status });
    if (transport !== 'polling') expect(client.granted).toMatchObject({ role: 'operator', commands: true });
  });

  it('that is refused is stated in the reason, and the provider is asked for another', async (test) => {
    let asked = 0;
    const client = useClient(test, {
      url: gateway.url,
      token: async () => {
        asked += 1;
        return asked < 2 ? 'nonsense' : await operator();
      },
    });
    await waitFor('the reason', () => client.status.reason.includes('401'));
    await waitFor('the connection', () => client.status.state === 'live');
    expect(asked).toBe(2);
    expect(client.status.reason).toBe('');
  });

  it('that lacks the role is refused with what the gateway says', async (test) => {
    const token = await secretToken(testClaims({ role: 'agent' }), testSecret);
    const client = useClient(test, { url: gateway.url, token });
    await waitFor('the refusal', () => client.status.state === 'unauthorized');
    expect(client.status.reason).toContain(
      'sse: HTTP 403: FORBIDDEN_ROLE: the role agent is not let in here',
    );
  });

  it('is renewed before it expires, without a moment’s break', async (test) => {
    let asked = 0;
    const client = useClient(test, {
      url: gateway.url,
      token: () => {
        asked += 1;
        return shortToken(`renewed ${asked}`);
      },
    });
    await waitFor('the connection', () => client.status.state === 'live');
    const states: string[] = [];
    client.on('state', ({ state }) => states.push(state));
    const expired = endedClients('tokenExpired');
    await waitFor('the third token', () => asked >= 3 && client.stats.reconnects >= 2);
    expect(states).toEqual([]);
    expect(client.status.state).toBe('live');
    expect(endedClients('tokenExpired')).toBe(expired);
  });

  it('that has expired all the same is replaced at once', async (test) => {
    let asked = 0;
    const client = useClient(test, {
      url: gateway.url,
      token: async () => {
        asked += 1;
        return asked === 1 ? await shortToken('short') : await operator();
      },
      // It is asked too late on purpose. After anything but a 4401 the next attempt would be a minute away.
      timing: { ...shortTiming, tokenMarginMs: -60_000, backoffMs: 60_000, backoffMaxMs: 60_000 },
      random: () => 1,
    });
    const reasons: string[] = [];
    client.on('state', ({ reason }) => reasons.push(reason));
    await waitFor('another connection', () => client.stats.reconnects === 1);
    expect(reasons).toContain('websocket: closed with 4401 tokenExpired');
    expect(asked).toBe(2);
    expect(client.granted?.role).toBe('operator');
  });
});

describe('A token provider', () => {
  it('that fails is told of, and asked again', async () => {
    let asked = 0;
    const { client, sockets, advance } = await connectToFake({
      token: () => {
        asked += 1;
        if (asked === 1) throw new Error('identity server is away');
        return 'good';
      },
    });
    expect(sockets).toHaveLength(0);
    expect(client.status.reason).toBe('websocket: no token: identity server is away');
    await advance(1000);
    expect(sockets[0]?.protocols).toEqual(['token', 'good']);
  });

  it('that never answers is given up, and asked again', async () => {
    let asked = 0;
    const { client, sockets, advance } = await connectToFake({
      token: () => {
        asked += 1;
        return asked === 1 ? new Promise(() => {}) : 'good';
      },
    });
    await advance(10_000);
    expect(client.status.reason).toBe('websocket: no token in time');
    await advance(1000);
    expect(sockets[0]?.protocols).toEqual(['token', 'good']);
  });

  it('is not asked without pause where each token is refused at once', async () => {
    let asked = 0;
    const { sockets, advance } = await connectToFake({
      token: () => {
        asked += 1;
        return `token ${asked}`;
      },
    });
    for (let second = 0; second < 60; second += 1) {
      const last = sockets.at(-1);
      if (last?.isClosed === false) {
        last.welcome();
        last.end(4401, 'tokenExpired');
        last.close();
      }
      await advance(1000);
    }
    expect(asked).toBeGreaterThan(3);
    expect(asked).toBeLessThan(10);
  });
});
