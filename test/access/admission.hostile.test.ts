import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { AccessOptions } from '../../src/access/access.ts';
import type { Policy } from '../../src/access/policy.ts';
import type { Claims } from '../../src/access/verifier.ts';
import { Refusal } from '../../src/core/errors.ts';
import { incoming, setUpAccess } from '../support/access.ts';
import { anyone } from '../support/principals.ts';

/** What it takes to be let in: any token will do. */
const policy: Policy = {
  roles: ['viewer', 'operator'],
  defaultRole: 'viewer',
  tokenless: true,
  authOff: true,
};

interface Scene extends Partial<AccessOptions> {
  readonly authEnabled?: boolean;
  /** Runs while a token is verified. */
  readonly verifying?: (token: string) => void;
}

/** Access behind one proxy, and handshakes by address and token: `operator` is one's, any other is a viewer's. */
function setUp({ authEnabled = true, verifying = () => {}, ...options }: Scene = {}) {
  const viewers = { left: 2 };
  const verified: string[] = [];
  const verify = async (token: string): Promise<Claims> => {
    verified.push(token);
    verifying(token);
    const role = token === 'operator' ? 'operator' : undefined;
    return { subject: undefined, role, expiresAt: 99 };
  };
  const parts = setUpAccess({
    ...{ maxConnections: 3, maxConnectionsPerIp: 2, trustedProxies: 1, onLoopback: true },
    ...{ allowed: ['https://dash.example.com'], ...options },
    verifier: authEnabled ? { verify } : undefined,
    dismissViewer: () => {
      if (viewers.left === 0) return false;
      viewers.left -= 1;
      return true;
    },
  });
  const enter = async (address: string, token = 'viewer', headers: Record<string, string> = {}) => {
    const request = {
      'x-forwarded-for': address,
      authorization: `Bearer ${token}`,
      host: 'localhost',
      ...headers,
    };
    const verdict = await parts.access.enter(
      incoming(request, '/ws/stream?token=x'),
      policy,
      openConnection(),
    );
    return verdict instanceof Refusal ? `${verdict.code} ${verdict.detail}` : 'ok';
  };
  return { ...parts, enter, viewers, verified };
}

/** A connection that is open until the test emits `close`. */
function openConnection() {
  return Object.assign(new EventEmitter(), { destroyed: false });
}

const full = 'AT_CAPACITY see MAX_CONNECTIONS';
const from1 = { 'x-forwarded-for': '203.0.113.1', host: 'localhost' };

describe('Admission, with every place taken', () => {
  it('lets operators in where viewers are turned away, and makes room when their places are gone', async () => {
    const { enter, viewers } = setUp();
    for (const host of [1, 2, 3]) expect(await enter(`203.0.113.${host}`)).toBe('ok');
    expect(await enter('203.0.113.4')).toBe(full);
    for (let count = 0; count < 4; count += 1) expect(await enter('203.0.113.4', 'operator')).toBe('ok');
    expect(viewers.left).toBe(2);
    for (let count = 0; count < 2; count += 1) expect(await enter('203.0.113.4', 'operator')).toBe('ok');
    expect(viewers.left).toBe(0);
    // Nobody is left to make room.
    expect(await enter('203.0.113.4', 'operator')).toBe(full);
    expect(await enter('203.0.113.4')).toBe(full);
  });

  it('sends nobody away for an operator whose address has too many, while there is room', async () => {
    const { enter, viewers } = setUp({ maxConnections: 20 });
    for (let count = 0; count < 2; count += 1) await enter('203.0.113.4');
    expect(await enter('203.0.113.4')).toContain('TOO_MANY_CONNECTIONS');
    for (let count = 0; count < 10; count += 1) expect(await enter('203.0.113.4', 'operator')).toBe('ok');
    expect(viewers.left).toBe(2);
  });

  it('verifies fifty tokens a second at most, and none where nobody can be an operator', async () => {
    const { enter, verified, clock } = setUp({ maxConnections: 1 });
    await enter('203.0.113.1');
    verified.length = 0;
    for (let count = 0; count < 200; count += 1) await enter('203.0.113.2');
    expect(verified).toHaveLength(50);
    clock.advance(1000);
    expect(await enter('203.0.113.2', 'operator')).toBe('ok');
    const open = setUp({ maxConnections: 1, authEnabled: false });
    await open.enter('203.0.113.1');
    expect(await open.enter('203.0.113.2', 'operator')).toBe(full);
    expect(open.verified).toHaveLength(0);
  });

  it('gives the place back of one whose token could not be verified', async () => {
    const { enter } = setUp({
      maxConnections: 1,
      verifying: (token) => {
        if (token === 'broken') throw new Error('broken');
      },
    });
    await expect(enter('203.0.113.1', 'broken')).rejects.toThrow('broken');
    expect(await enter('203.0.113.1')).toBe('ok');
  });

  it('gives the place back of one who is not let in', async () => {
    const { access, enter } = setUp({ maxConnections: 1 });
    const request = incoming({ ...from1, authorization: 'Bearer viewer' });
    const forOperators: Policy = { roles: ['operator'], authOff: true };
    expect(await access.enter(request, forOperators, openConnection())).toMatchObject({
      code: 'FORBIDDEN_ROLE',
    });
    expect(await enter('203.0.113.2')).toBe('ok');
  });
});

describe('Admission, of a place that is taken,', () => {
  const request = incoming(from1);

  it.each(['enter', 'admit'] as const)('keeps it until the connection closes: %s', async (way) => {
    const { access, enter } = setUp({ maxConnections: 1 });
    const connection = openConnection();
    if (way === 'admit') expect(access.admit(request, anyone, connection)).toBeUndefined();
    else expect(await access.enter(request, policy, connection)).toMatchObject({ role: 'viewer' });
    expect(await enter('203.0.113.2')).toBe(full);
    for (let count = 0; count < 2; count += 1) connection.emit('close');
    expect(await enter('203.0.113.2')).toBe('ok');
    expect(await enter('203.0.113.3')).toBe(full);
  });

  it('keeps none for one that left while its token was verified', async () => {
    const connection = openConnection();
    const { access, enter } = setUp({
      maxConnections: 1,
      verifying: (token) => {
        if (token !== 'leaving') return;
        connection.destroyed = true;
        connection.emit('close');
      },
    });
    const leaving = incoming({ ...from1, authorization: 'Bearer leaving' });
    expect(await access.enter(leaving, policy, connection)).toMatchObject({ role: 'viewer' });
    expect(await enter('203.0.113.2')).toBe('ok');
  });

  it('counts and logs who is refused one', () => {
    const { access, meter, refused } = setUp({ maxConnections: 1 });
    expect(access.admit(request, anyone, openConnection())).toBeUndefined();
    expect(access.admit(request, anyone, openConnection())).toMatchObject({ code: 'AT_CAPACITY' });
    expect(meter.value('bff_rejected_total', { edge: 'upgrade', reason: 'at_capacity' })).toBe(1);
    expect(refused()).toHaveLength(1);
  });
});

describe('Admission, by address', () => {
  it('counts a network of IPv6 as one client, whatever the proxy writes around it', async () => {
    const { enter } = setUp({ maxConnections: 0 });
    expect(await enter('2001:db8:1:2::1')).toBe('ok');
    expect(await enter('[2001:db8:1:2:ffff::2]:52110')).toBe('ok');
    expect(await enter('"[2001:db8:1:2::3]"')).toContain('TOO_MANY_CONNECTIONS');
    expect(await enter('2001:db8:1:3::1')).toBe('ok');
    expect(await enter('203.0.113.7:52110')).toBe('ok');
    expect(await enter('203.0.113.7')).toBe('ok');
    expect(await enter('::ffff:203.0.113.7')).toContain('TOO_MANY_CONNECTIONS');
    expect(await enter('203.0.113.8:1')).toBe('ok');
  });

  it('names the setting that is likely to be wrong', async () => {
    const { enter } = setUp();
    for (let count = 0; count < 2; count += 1) await enter('203.0.113.7');
    expect(await enter('203.0.113.7')).toBe('TOO_MANY_CONNECTIONS see MAX_CONNECTIONS_PER_IP');
    const misled = setUp();
    for (let count = 0; count < 2; count += 1) await misled.enter('unknown');
    expect(await misled.enter('unknown')).toMatch(/^TOO_MANY_CONNECTIONS .*TRUST_PROXY$/);
  });
});

describe('Admission, of what it refuses,', () => {
  it('says who it was and what was wrong, without a token', async () => {
    const { enter, refused, meter } = setUp();
    expect(await enter('203.0.113.7', 'x', { host: 'EVIL.example:3000' })).toBe(
      'HOST_REFUSED if the gateway is to be reached by "evil.example", add it to ALLOWED_HOSTS',
    );
    expect(await enter('203.0.113.7', 'x', { origin: 'https://evil.example:8443' })).toBe(
      'ORIGIN_REFUSED if its pages are to connect, add "https://evil.example:8443" to ALLOWED_ORIGINS',
    );
    expect(refused().map(({ fields }) => fields)).toMatchObject([
      { reason: 'host_refused', address: '203.0.113.7', path: '/ws/stream' },
      { reason: 'origin_refused', address: '203.0.113.7', path: '/ws/stream' },
    ]);
    expect(JSON.stringify(refused())).not.toContain('token');
    expect(meter.value('bff_rejected_total', { edge: 'upgrade', reason: 'host_refused' })).toBe(1);
  });

  it('repeats nothing of a header that is no address', async () => {
    const { enter } = setUp();
    for (const odd of ['null', '\u009b31m', `https://${'a'.repeat(5000)}.example`, 'x y', 'a/b']) {
      const ofOrigin = await enter('203.0.113.7', 'x', { origin: odd });
      const ofHost = await enter('203.0.113.7', 'x', { host: odd === 'null' ? 'a/b' : odd });
      expect(ofOrigin).toMatch(/^ORIGIN_REFUSED a page without an address.* ALLOWED_ORIGINS$/);
      expect(ofHost).toMatch(/^HOST_REFUSED .* by a name, add it to ALLOWED_HOSTS$/);
    }
  });

  it('writes ten lines a second, and counts the others', async () => {
    const { enter, refused, clock, meter } = setUp({ maxConnections: 1, authEnabled: false });
    await enter('203.0.113.1');
    for (let count = 0; count < 25; count += 1) await enter('203.0.113.2');
    expect(refused()).toHaveLength(10);
    clock.advance(1000);
    expect(refused().at(-1)?.fields).toEqual({ reason: 'many', suppressed: 15 });
    expect(meter.value('bff_rejected_total', { edge: 'upgrade', reason: 'at_capacity' })).toBe(25);
    await enter('203.0.113.2');
    expect(refused()).toHaveLength(12);
  });
});
