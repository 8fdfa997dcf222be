import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { leaderOf, openTabs } from './fake-tabs.ts';

describe('a pause of tabs that share a connection', () => {
  it('comes when every tab wants it, and ends when one does not', async () => {
    const { browser, tabs } = await openTabs(3);
    const intervals = () => tabs.map(({ client }) => client.granted?.interval);
    for (const { client } of tabs.slice(0, 2)) await browser.within(client.setOptions({ interval: 'pause' }));
    browser.publish();
    await browser.advance(100);
    expect(intervals()).toEqual([0, 0, 0]);
    for (const { client } of tabs) expect(client.document).toEqual(browser.document);

    await browser.within(tabs[2]?.client.setOptions({ interval: 'pause' }));
    await browser.advance(100);
    expect(intervals()).toEqual(['pause', 'pause', 'pause']);
    for (const { client } of tabs)
      expect(client.freshness.of('market.price').error).toBe('the view is paused');

    browser.publish();
    await browser.advance(100);
    const shown = tabs.find((tab) => tab !== leaderOf(browser));
    const granted = await browser.within(shown?.client.setOptions({ interval: 0 }));
    expect(granted).toMatchObject({ interval: 0 });
    expect(shown?.client.document).toEqual(browser.document);
    expect(shown?.client.freshness.of('market.price').state).toBe('fresh');
    expect(browser.opened).toBe(1);
  });

  it('is granted to a tab that is alone', async () => {
    const { browser, tabs } = await openTabs(1);
    expect(await browser.within(tabs[0]?.client.setOptions({ interval: 'pause' }))).toMatchObject({
      interval: 'pause',
    });
    expect(await browser.within(tabs[0]?.client.setOptions({ interval: null }))).toMatchObject({
      interval: 0,
    });
  });

  it('comes when the last tab that did not want it is closed', async () => {
    const { browser, tabs } = await openTabs(3);
    const seen = tabs.find((tab) => tab !== leaderOf(browser));
    const hidden = tabs.filter((tab) => tab !== seen);
    for (const { client } of hidden) await browser.within(client.setOptions({ interval: 'pause' }));
    seen?.client.close();
    await browser.advance(1000);
    expect(hidden.map(({ client }) => client.granted?.interval)).toEqual(['pause', 'pause']);
  });

  it('is still wanted in the tab that takes over', async () => {
    const { browser, tabs } = await openTabs(3);
    for (const { client } of tabs) await browser.within(client.setOptions({ interval: 'pause' }));
    leaderOf(browser).client.close();
    await browser.advance(1000);
    expect(leaderOf(browser).client.granted?.interval).toBe('pause');
  });
});

describe('setOptions of a shared client', () => {
  it('moves this tab alone to a connection of its new options', async () => {
    const { browser, tabs } = await openTabs(3);
    const mover = leaderOf(browser);
    expect(await browser.within(mover.client.setOptions({ interval: 500 }))).toMatchObject({ interval: 500 });
    await browser.advance(1000);
    expect(browser.open).toHaveLength(2);
    for (const { client } of tabs.filter((tab) => tab !== mover)) {
      expect(client.granted?.interval).toBe(0);
      expect(client.freshness.isFresh).toBe(true);
    }
    await browser.within(mover.client.setOptions({ interval: 0 }));
    expect(browser.open).toHaveLength(1);
    expect(mover.client.granted?.interval).toBe(0);
  });

  it('keeps the document current until the other connection has one', async () => {
    const { browser, tabs } = await openTabs(2);
    const [{ client } = leaderOf(browser)] = tabs;
    const moving = client.setOptions({ symbol: 'QQQ' });
    await browser.advance(200, () => expect(client.freshness.isFresh).toBe(true));
    await moving;
  });

  it('is no wish of the group that it leads meanwhile, where its connection is made anew', async () => {
    const { browser, tabs } = await openTabs(2, { timing: { connectMs: 1000, backoffMaxMs: 1000 } });
    const mover = leaderOf(browser);
    browser.setMute(true);
    const moving = mover.client.setOptions({ symbol: 'QQQ' });
    await browser.advance(200);
    for (const socket of mover.open) socket.end();
    const symbols = () => mover.open.map(({ view }) => view.get('symbol') ?? 'SPY');
    await browser.until(() => symbols().length === 2);
    expect(symbols().sort()).toEqual(['QQQ', 'SPY']);
    browser.setMute(false);
    await browser.within(moving);
    await browser.advance(3000);
    for (const { client } of tabs) {
      expect(client.document.market?.symbol).toBe(client === mover.client ? 'QQQ' : 'SPY');
      expect(client.freshness.isFresh).toBe(true);
    }
  });

  it('is put in force where this tab shares with nobody', async () => {
    // A browser that is on `http` cannot tell for whom such a token speaks.
    vi.stubGlobal('crypto', { getRandomValues: crypto.getRandomValues.bind(crypto) });
    onTestFinished(() => void vi.unstubAllGlobals());
    const { browser, tabs } = await openTabs(2, { token: 'opaque' });
    expect(browser.open).toHaveLength(2);
    await browser.within(tabs[0]?.client.setOptions({ symbol: 'QQQ' }));
    expect(tabs.map(({ client }) => client.document.market?.symbol)).toEqual(['QQQ', 'SPY']);
    expect(browser.open).toHaveLength(2);
  });
});
