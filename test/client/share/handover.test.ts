import { describe, expect, it } from 'vitest';
import type { Fetch } from '../../../src/client/index.ts';
import { FakeSocket, granted } from '../fake-gateway.ts';
import { leaderOf, openBrowser, openTabs } from './fake-tabs.ts';

/** A network in which no WebSocket gets through. */
const streamsOnly = {
  WebSocket: class extends FakeSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols);
      queueMicrotask(() => this.end());
    }
  },
  fetch: (async (_, { signal }) => {
    const packet = { type: 'WELCOME', seq: 1, epoch: 'e', granted, data: { status: 'ACTIVE' } };
    const body = new ReadableStream<Uint8Array>({
      start(stream) {
        stream.enqueue(new TextEncoder().encode(`data: ${JSON.stringify(packet)}\n\n`));
        signal.addEventListener('abort', () => stream.error(signal.reason));
      },
    });
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  }) satisfies Fetch,
};

/** As said in README.md. */
const replacedMs = 4000;

describe('a shared connection', () => {
  it('is taken over at once where the tab that has it closes', async () => {
    const { browser, tabs } = await openTabs(4);
    const leader = leaderOf(browser);
    leader.client.close();
    await browser.advance(300);
    expect(browser.open).toHaveLength(1);
    browser.publish();
    await browser.advance(50);
    for (const { client } of tabs.filter((tab) => tab !== leader)) {
      expect(client.document).toEqual(browser.document);
      expect(client.freshness.isFresh).toBe(true);
    }
    expect(browser.opened).toBe(2);
  });

  it('is nobody’s to vouch for in between', async () => {
    const { browser, tabs } = await openTabs(3);
    const leader = leaderOf(browser);
    leader.client.close();
    await browser.advance(25);
    for (const { client } of tabs.filter((tab) => tab !== leader)) {
      expect(client.status).toMatchObject({ state: 'stale', reason: 'the tab that was connected is gone' });
      expect(client.freshness.of('market.price').state).toBe('stale');
      expect(client.document).toEqual(browser.document);
    }
  });

  it.each(['crash', 'freeze'] as const)('is replaced within 4 s where its tab comes to a %s', async (end) => {
    const { browser, tabs } = await openTabs(4);
    const leader = leaderOf(browser);
    const others = tabs.filter((tab) => tab !== leader);
    leader[end]();
    browser.publish({ market: { price: 500 } });
    await browser.advance(replacedMs, () => {
      // What it did not pass on is not shown as current for longer than that.
      for (const { client } of others) {
        const { state } = client.freshness.of('market.price');
        if (client.document.market?.price !== 500 && state === 'fresh') {
          expect(client.freshness.silentMs).toBeLessThan(replacedMs);
        }
      }
    });
    expect(others.flatMap(({ open }) => open)).toHaveLength(1);
    for (const { client } of others) expect(client.document.market?.price).toBe(500);
  });

  it('is taken over at once where its tab crashes and there are locks', async () => {
    const { browser, tabs } = await openTabs(4, {}, openBrowser(true));
    for (let rest = tabs; rest.length > 1; ) {
      const leader = leaderOf(browser);
      leader.crash();
      await browser.advance(300);
      rest = rest.filter((tab) => tab !== leader);
      for (const { client } of rest) expect(client.freshness.isFresh).toBe(true);
      expect(leaderOf(browser)).not.toBe(leader);
    }
    expect(browser.opened).toBe(4);
  });

  it('goes on for those that have locks and lose their leader to a better one', async () => {
    const { browser, tabs } = await openTabs(4, {}, openBrowser(true));
    const apart = tabs.find((tab) => tab !== leaderOf(browser));
    apart?.cutOff(true);
    await browser.advance(10_000);
    apart?.cutOff(false);
    browser.publish();
    await browser.advance(1000);
    const { length } = browser.posted;
    await browser.advance(5000);
    expect(browser.open).toHaveLength(1);
    // No claim, and no more than signs of life.
    expect(browser.posted.slice(length).filter(({ type }) => type === 'claim')).toEqual([]);
    expect(browser.posted.length - length).toBeLessThan(50);
  });

  it('is closed by a tab that thaws after it was replaced', async () => {
    const { browser, tabs } = await openTabs(3);
    const leader = leaderOf(browser);
    leader.freeze();
    await browser.advance(10_000);
    expect(browser.open).toHaveLength(2);
    browser.publish();
    leader.thaw();
    await browser.advance(500);
    expect(browser.open).toHaveLength(1);
    expect(leader.open).toHaveLength(0);
    for (const { client } of tabs) expect(client.document).toEqual(browser.document);
  });

  it('is made anew in time by a hidden tab, whose own timers are slow, as long as another one is seen', async () => {
    const { browser, tabs } = await openTabs(3);
    const leader = leaderOf(browser);
    leader.hide();
    leader.open[0]?.end();
    await browser.advance(3000);
    expect(leaderOf(browser)).toBe(leader);
    for (const { client } of tabs) expect(client.freshness.isFresh).toBe(true);
    // PINGs too go out in time: silence is noticed as soon as by a tab that is seen.
    browser.setMute(true);
    await browser.advance(21_000);
    for (const { client } of tabs) expect(client.status.reason).toBe('silent');
  });

  it('stays with a tab that answers, however slow the timers of the others are', async () => {
    const { browser } = await openTabs(3);
    const leader = leaderOf(browser);
    browser.clock.advance(10 * 60_000);
    await browser.advance(5000);
    expect(leaderOf(browser)).toBe(leader);
  });

  it('is one again where tabs could not hear each other for a while', async () => {
    const { browser, tabs } = await openTabs(4);
    const apart = tabs.find((tab) => tab !== leaderOf(browser));
    apart?.cutOff(true);
    await browser.advance(10_000);
    expect(browser.open).toHaveLength(2);
    for (const { client } of tabs) expect(client.freshness.isFresh).toBe(true);
    apart?.cutOff(false);
    browser.publish();
    await browser.advance(1000);
    expect(browser.open).toHaveLength(1);
    for (const { client } of tabs) expect(client.document).toEqual(browser.document);
  });

  it('is one again too where only the worse of two speaks', async () => {
    const { browser, tabs } = await openTabs(2);
    const before = leaderOf(browser);
    const apart = tabs.find((tab) => tab !== before);
    apart?.cutOff(true);
    await browser.advance(10_000);
    apart?.cutOff(false);
    expect(browser.open).toHaveLength(2);
    before.open[0]?.say({ type: 'TELEMETRY', seq: 1, data: browser.document });
    await browser.advance(200);
    expect(leaderOf(browser)).toBe(apart);
  });

  it('is asked for again by the transport that got through before', async () => {
    const { browser, tabs } = await openTabs(3, streamsOnly);
    await browser.until(() => tabs.every(({ client }) => client.status.transport === 'sse'));
    const [leader, ...others] = tabs.filter(({ fetched }) => fetched.length > 0);
    expect(others).toEqual([]);
    leader?.client.close();
    const rest = tabs.filter((tab) => tab !== leader);
    // A WebSocket must fail three times, and wait in between, where nobody knows that none gets through.
    await browser.advance(300);
    expect(rest.map(({ client }) => client.status)).toEqual(
      rest.map(() => expect.objectContaining({ state: 'live', transport: 'sse' })),
    );
  });
});
