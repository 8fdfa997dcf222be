import { describe, expect, it } from 'vitest';
import { sourcesOf } from '../fake-gateway.ts';
import { leaderOf, openTabs } from './fake-tabs.ts';

describe('the freshness of a follower', () => {
  it('ends with that of its leader where the gateway falls silent', async () => {
    const { browser, tabs } = await openTabs(3);
    browser.setMute(true);
    await browser.advance(20_500);
    for (const { client } of tabs) {
      expect(client.status).toMatchObject({ state: 'stale', reason: 'silent' });
      expect(client.freshness.of('market.price').state).toBe('stale');
      expect(client.freshness.silentMs).toBeGreaterThan(19_000);
    }
  });

  it('is no better for a tab that comes when the gateway has long been silent', async () => {
    const { browser } = await openTabs(2);
    browser.setMute(true);
    await browser.advance(20_000);
    const seen: string[] = [];
    const { client } = browser.openTab();
    client.on('state', ({ state }) => seen.push(state));
    client.on('update', () => seen.push(client.freshness.of('market.price').state));
    await browser.advance(1000);
    expect(client.document).toEqual(browser.document);
    expect(seen).not.toContain('live');
    expect(seen).not.toContain('fresh');
    expect(client.freshness.silentMs).toBeGreaterThan(19_000);
  });

  it('is no better for one that comes when the leader has no connection at all', async () => {
    const { browser } = await openTabs(2);
    browser.setMute(true);
    const leader = leaderOf(browser);
    leader.open[0]?.end(1001, 'shutdown');
    await browser.advance(100);
    const seen: string[] = [];
    const { client } = browser.openTab();
    client.on('state', ({ state }) => seen.push(state));
    await browser.advance(1000);
    expect(client.document).toEqual(browser.document);
    expect(client.status).toMatchObject({ state: 'stale', transport: undefined });
    expect(client.status.reason).toBe(leader.client.status.reason);
    expect(seen).not.toContain('live');

    // It does not count for a connection.
    expect(client.granted).toMatchObject({ interval: 0 });
    browser.setMute(false);
    await browser.until(() => client.status.state === 'live');
    expect(client.stats.reconnects).toBe(0);
  });

  it('counts the age from when the gateway spoke, with maxAgeMs too', async () => {
    const { browser } = await openTabs(2, { maxAgeMs: 3000 });
    browser.setMute(true);
    await browser.advance(2000);
    const { client } = browser.openTab({ maxAgeMs: 3000 });
    await browser.advance(100);
    const { state, ageMs } = client.freshness.of('market.price');
    expect(state).toBe('fresh');
    expect(ageMs).toBeGreaterThan(1900);
    await browser.advance(1200);
    for (const tab of browser.tabs) {
      expect(tab.client.freshness.of('market.price')).toMatchObject({
        state: 'stale',
        error: 'no word for 3000 ms',
      });
    }
  });

  it('stays where the gateway answers and nothing moves', async () => {
    const { browser, tabs } = await openTabs(3, { maxAgeMs: 3000 });
    await browser.advance(20_000, () => {
      for (const { client } of tabs) expect(client.freshness.of('market.price').state).toBe('fresh');
    });
    for (const { client } of tabs) expect(client.stats.roundTripMs).toBeLessThan(100);
  });

  it.each([
    ['a sign of life', {}],
    ['a PONG', { maxAgeMs: 3000 }],
  ])(
    'ends by %s that tells that something was lost between tabs, and comes with the whole',
    async (_, options) => {
      const { browser, tabs } = await openTabs(2, options);
      const follower = tabs.find((tab) => tab !== leaderOf(browser));
      follower?.cutOff(true);
      browser.publish();
      await browser.advance(30);
      follower?.cutOff(false);
      await browser.until(() => follower?.client.document.market?.price === 451);
      expect(browser.clock.monotonic()).toBeLessThan(4000);
      expect(follower?.client.freshness.isFresh).toBe(true);
      expect(browser.opened).toBe(1);
    },
  );

  it('takes what waited while its tab was frozen for as old as it is', async () => {
    const { browser, tabs } = await openTabs(2, { maxAgeMs: 3000 });
    const follower = tabs.find((tab) => tab !== leaderOf(browser));
    follower?.freeze();
    browser.publish();
    await browser.advance(1000);
    leaderOf(browser).crash();
    await browser.advance(60_000);
    const seen: unknown[] = [];
    follower?.client.on('update', () => seen.push(follower.client.freshness.of('market.price').state));
    follower?.thaw();
    expect(seen).toEqual(['stale']);
  });

  it('is not that of another view where the leader of the wanted one was silent, and speaks again', async () => {
    const { browser } = await openTabs(1, { symbol: 'MSFT' });
    leaderOf(browser).open[0]?.say({ type: 'TELEMETRY', seq: 2, data: microsoft });
    const { client } = browser.openTab();
    await browser.advance(1000);
    browser.setMute(true);
    await browser.advance(20_000);
    const moved = client.setOptions({ symbol: 'MSFT' });
    await browser.advance(1000);
    expect(client.document.market?.symbol).toBe('SPY');
    const pong = { type: 'PONG', t: 0, server_time: '', state: 'fresh' };
    for (const socket of browser.open) if (socket.url.includes('MSFT')) socket.say(pong);
    await browser.within(moved);
    expect(client.status.state).toBe('live');
    expect(client.document).toEqual(microsoft);
  });

  it('is not that of a mixture where a change of the wanted view comes before its document', async () => {
    const { browser } = await openTabs(1, { symbol: 'MSFT' });
    const [leader] = browser.open;
    const { client } = browser.openTab();
    await browser.advance(1000);
    browser.publish();
    browser.publish();
    await browser.advance(100);
    const seen: unknown[] = [];
    client.on('update', ({ document }) => seen.push(document.market?.symbol, document.portfolio?.nav));
    const moved = client.setOptions({ symbol: 'MSFT' });
    for (let ms = 0; ms < 30; ms += 1) {
      leader?.say({ type: 'DELTA', base: 3, seq: 3, patch: { portfolio: { nav: 2 + ms } } });
      await browser.advance(1);
    }
    await browser.within(moved);
    expect(seen).not.toContain('SPY');
    expect(client.document.market?.symbol).toBe('MSFT');
  });
});

const microsoft = { status: 'ACTIVE', market: { symbol: 'MSFT', price: 410 }, sources: sourcesOf('fresh') };
