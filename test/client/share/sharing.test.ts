import { describe, expect, it } from 'vitest';
import { unsignedToken } from '../../support/tokens.ts';
import { leaderOf, openBrowser, openTabs } from './fake-tabs.ts';

describe('clients that share a connection', () => {
  it('open one for ten tabs that start together', async () => {
    const { browser, tabs } = await openTabs(10);
    expect(browser.opened).toBe(1);
    for (const { client } of tabs) {
      expect(client.document).toEqual(browser.document);
      expect(client.position).toEqual({ epoch: 'e', seq: 1 });
      expect(client.status).toMatchObject({ state: 'live', transport: 'websocket' });
      expect(client.freshness.isFresh).toBe(true);
      expect(client.granted).toMatchObject({ role: 'viewer', interval: 0 });
      expect(client.sources.state?.status).toBe('fresh');
    }
  });

  it('follow every change, and keep the objects that did not change', async () => {
    const { browser, tabs } = await openTabs(3);
    const before = tabs.map(({ client }) => client.document);
    browser.publish();
    await browser.advance(100);
    tabs.forEach(({ client }, index) => {
      expect(client.document.market?.price).toBe(451);
      expect(client.document.portfolio).toBe(before[index]?.portfolio);
      expect(client.document.market).not.toBe(before[index]?.market);
      expect(client.stats).toMatchObject({ full: 2, updates: 2, malformed: 0, transport: 'websocket' });
    });
  });

  it('give a newcomer the whole document at once', async () => {
    const { browser } = await openTabs(2);
    browser.publish();
    const { client } = browser.openTab();
    await browser.advance(50);
    expect(client.document).toEqual(browser.document);
    expect(client.position?.seq).toBe(2);
    expect(client.status.state).toBe('live');
    expect(browser.opened).toBe(1);
  });

  it.each([
    ['address', [{}, { url: 'https://other.example' }]],
    ['view', [{}, { sections: ['market'] }]],
    ['bearer', [{ token: unsignedToken({ sub: 'alice' }) }, { token: unsignedToken({ sub: 'bob' }) }]],
    ['token', [{}, { token: unsignedToken({ sub: 'alice' }) }]],
    ['token that says nothing', [{ token: 'one' }, { token: 'two' }]],
    ['limit of age', [{}, { maxAgeMs: 2000 }]],
  ])('do not share it with those of another %s', async (_, options) => {
    const browser = openBrowser();
    for (const option of [...options, ...options]) browser.openTab(option);
    await browser.until(() => browser.tabs.every(({ client }) => client.status.state === 'live'));
    expect(browser.open).toHaveLength(2);
  });

  it('share it with those whose providers gave them other tokens of the same bearer', async () => {
    const browser = openBrowser();
    for (const jti of ['a', 'b', 'c']) {
      browser.openTab({
        token: () => unsignedToken({ sub: 'alice', role: 'operator', jti, iat: 1, exp: 9e9 }),
      });
    }
    await browser.advance(1000);
    expect(browser.open).toHaveLength(1);
  });

  it('never let a token, or a part of one, out of their tab', async () => {
    const token = unsignedToken({ sub: 'alice' });
    const browser = openBrowser();
    for (const given of [token, token, 'opaque-secret', 'opaque-secret']) browser.openTab({ token: given });
    await browser.until(() => browser.tabs.every(({ client }) => client.status.state === 'live'));
    browser.publish();
    await browser.advance(1000);
    const seen = JSON.stringify([browser.posted, browser.channelNames]);
    for (const secret of [...token.split('.').filter(Boolean), 'opaque-secret'])
      expect(seen).not.toContain(secret);
  });

  it('have a connection each where tabs cannot talk to each other', async () => {
    const { browser } = await openTabs(3, { BroadcastChannel: null });
    expect(browser.open).toHaveLength(3);
  });

  it('tell what the gateway tells without being asked for it', async () => {
    const { browser, tabs } = await openTabs(2);
    const codes: string[] = [];
    for (const { client } of tabs) client.on('error', ({ code }) => codes.push(code));
    leaderOf(browser).open[0]?.say({
      type: 'ERROR',
      code: 'UNKNOWN_SYMBOL',
      message: 'no such symbol any more',
    });
    await browser.advance(100);
    expect(codes).toEqual(['UNKNOWN_SYMBOL', 'UNKNOWN_SYMBOL']);
    // What answers a request is for the tab that made it.
    leaderOf(browser).open[0]?.say({ type: 'ERROR', requestId: 'r', code: 'LIMIT', message: 'too many' });
    await browser.advance(100);
    expect(codes).toEqual(['UNKNOWN_SYMBOL', 'UNKNOWN_SYMBOL', 'LIMIT']);
  });

  it('get the whole document anew where the leader lost something', async () => {
    const { browser, tabs } = await openTabs(3);
    leaderOf(browser).open[0]?.say('no packet');
    await browser.advance(10);
    for (const { client } of tabs) expect(client.freshness.of('market.price').state).toBe('stale');
    await browser.advance(100);
    for (const { client } of tabs) expect(client.freshness.of('market.price').state).toBe('fresh');
    expect(browser.opened).toBe(1);
  });
});

describe('a tab that comes while the leader waits for a whole document', () => {
  it('gets it when it is there, and asks no more than once', async () => {
    const { browser } = await openTabs(2);
    leaderOf(browser).open[0]?.say('no packet');
    browser.setMute(true);
    const { length } = browser.posted;
    const { client } = browser.openTab();
    await browser.advance(1000);
    expect(browser.posted.slice(length).filter(({ type }) => type === 'ask').length).toBeLessThanOrEqual(3);
    expect(client.document).toEqual({});
    browser.setMute(false);
    await browser.advance(100);
    expect(client.document).toEqual(browser.document);
    expect(client.freshness.isFresh).toBe(true);
  });
});

describe('what something else says by the channel of a group', () => {
  const [term, from] = [9, '0'];
  const standing = {
    via: { number: 7, transport: 'sse' },
    isSilent: false,
    reasons: '',
    relays: 0,
    heardAt: 1,
  };
  const packet = { type: 'TELEMETRY', seq: 1, data: { status: 'ACTIVE' } };
  const relayed = { number: 1, via: standing.via, packet, bytes: 9, at: 1 };
  it.each([
    undefined,
    'hello',
    [],
    { type: 'beat' },
    { type: 'claim', from },
    { type: 'claim', from, term: 'late' },
    { type: 'claim', from, term: Number.POSITIVE_INFINITY },
    { type: 'beat', from, standing },
    { type: 'beat', from, term },
    { type: 'beat', from, term, standing: { ...standing, via: 'sse' } },
    { type: 'beat', from, term, standing: { ...standing, heardAt: Number.NaN } },
    { type: 'relay', from, term },
    { type: 'relay', from, term, relayed: { ...relayed, via: undefined } },
    { type: 'relay', from, term, relayed: { ...relayed, at: Number.NaN } },
    { type: 'relay', from, term, relayed: { ...relayed, packet: { type: 'TELEMETRY' } } },
    { type: 'welcome', from, term, standing, document: 'none' },
    { type: 'welcome', from, term, standing, document: relayed, pong: {} },
    { type: 'ask', from },
    { type: 'bye', from },
    { type: 'toString', from },
  ])('does no harm: %j', async (said) => {
    const { browser, tabs } = await openTabs(2);
    const newcomer = browser.openTab();
    browser.say(said);
    await browser.advance(1000);
    leaderOf(browser).client.close();
    await browser.advance(1000);
    expect(browser.open).toHaveLength(1);
    for (const { client } of [...tabs, newcomer]) {
      if (client.status.state === 'closed') continue;
      expect(client.document).toEqual(browser.document);
      expect(client.freshness.isFresh).toBe(true);
    }
  });
});

describe('a command of a shared client', () => {
  it('goes by ways of its own tab, whoever has the connection', async () => {
    const { browser, tabs } = await openTabs(2);
    const leader = leaderOf(browser);
    const { length } = browser.posted;
    const asked = tabs.map(({ client }) => client.command('HALT', { requestId: 'h', timeoutMs: 900 }));
    const outcomes = Promise.allSettled(asked);
    await browser.advance(1500);
    for (const { status } of await outcomes) expect(status).toBe('rejected');
    for (const tab of tabs) {
      expect(tab.fetched.some((url) => url.endsWith('/api/telemetry/halt'))).toBe(tab !== leader);
    }
    expect(leader.open[0]?.sentOf('HALT')).toHaveLength(1);
    expect(JSON.stringify(browser.posted.slice(length))).not.toContain('HALT');
  });

  it('goes by a WebSocket of its own where no HTTP request gets through, and shares again after it', async () => {
    const { browser, tabs } = await openTabs(2);
    const leader = leaderOf(browser);
    for (const tab of tabs) {
      const asked = tab.client.command('HALT', { requestId: 'h' });
      const sentBy = () => tab.open.find((socket) => socket.sentOf('HALT').length > 0);
      await browser.until(() => sentBy() !== undefined);
      expect(tab.client.freshness.isFresh).toBe(true);
      await browser.advance(1000);
      sentBy()?.say({ type: 'ACK', command: 'HALT', requestId: 'h', result: 'halted' });
      expect(await browser.within(asked)).toMatchObject({ result: 'halted' });
    }
    expect(browser.opened).toBe(2);
    await browser.advance(11_000);
    expect(leaderOf(browser)).toBe(leader);
    for (const { client } of tabs) expect(client.freshness.isFresh).toBe(true);
  });
});
