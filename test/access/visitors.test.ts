import { createServer, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientAddress } from '../../src/access/visitors.ts';

const peer = '127.0.0.1';

describe('clientAddress', () => {
  let port = 0;
  let trustedProxies = 0;
  let seen = '';
  const server = createServer((message, response) => {
    ({ address: seen } = clientAddress(message, trustedProxies));
    response.end();
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, peer, resolve));
    const address = server.address();
    port = typeof address === 'object' && address !== null ? address.port : 0;
  });
  afterAll(() => void server.close());

  async function addressOf(trusted: number, forwarded?: string | string[]): Promise<string> {
    trustedProxies = trusted;
    const headers = forwarded === undefined ? {} : { 'X-Forwarded-For': forwarded };
    await new Promise<void>((resolve, reject) => {
      const sent = request({ port, host: peer, headers, agent: false }, (response) => {
        response.resume().on('end', resolve);
      });
      sent.on('error', reject).end();
    });
    return seen;
  }

  it('is the peer without a proxy, whatever the header claims', async () => {
    expect(await addressOf(0)).toBe(peer);
    expect(await addressOf(0, '203.0.113.7')).toBe(peer);
  });

  it('is what the proxy wrote, not what the client claimed before it', async () => {
    expect(await addressOf(1, '203.0.113.7')).toBe('203.0.113.7');
    expect(await addressOf(1, '10.0.0.1, 6.6.6.6, 203.0.113.7')).toBe('203.0.113.7');
  });

  it('counts as many proxies as there are', async () => {
    expect(await addressOf(2, '6.6.6.6, 203.0.113.7, 10.0.0.1')).toBe('203.0.113.7');
    expect(await addressOf(3, '203.0.113.7,10.0.0.2 ,  10.0.0.1')).toBe('203.0.113.7');
  });

  it('joins a header that came in several lines', async () => {
    expect(await addressOf(1, ['6.6.6.6', '203.0.113.7'])).toBe('203.0.113.7');
    expect(await addressOf(2, ['203.0.113.7', '10.0.0.1'])).toBe('203.0.113.7');
  });

  it.each([undefined, '', ' ', ',', 'unknown', '_hidden', '203.0.113', '203.0.113.7, '])(
    'is the peer where the entry is %j',
    async (header) => expect(await addressOf(1, header)).toBe(peer),
  );

  it('is the peer where the header has fewer entries than there are proxies', async () => {
    expect(await addressOf(2, '203.0.113.7')).toBe(peer);
    expect(await addressOf(32, '1.1.1.1, 2.2.2.2')).toBe(peer);
  });

  it.each([
    ['203.0.113.7:4711', '203.0.113.7'],
    ['[2001:db8::1]:52110', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['"[2001:db8::1]:52110"', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::ffff:cb00:7107', '203.0.113.7'],
    ['[203.0.113.7]:1', '203.0.113.7'],
    ['203.0.113.7:', peer],
    ['[2001:db8::1', peer],
    ['evil"\\n203.0.113.7', peer],
  ])('reads the entry %s as %s', async (entry, expected) => expect(await addressOf(1, entry)).toBe(expected));

  it('knows IPv6, and IPv4 in its clothes', async () => {
    expect(await addressOf(1, '2001:db8::1')).toBe('2001:db8::1');
    expect(await addressOf(1, '::ffff:203.0.113.7')).toBe('203.0.113.7');
    expect(await addressOf(1, '::FFFF:203.0.113.7')).toBe('203.0.113.7');
  });
});
