import { describe, expect, it } from 'vitest';
import { unsignedToken } from '../../support/tokens.ts';
import { leaderOf, openBrowser, openTabs } from './fake-tabs.ts';

const timing = { backoffMaxMs: 1000 };
const tokenOf = (sub: string, jti = ''): string => unsignedToken({ sub, jti });
const usedBy = (socket: { readonly protocols: readonly string[] } | undefined): string | undefined =>
  socket?.protocols[1];

describe('a tab that shares a connection', () => {
  it('connects with a token of its own when it takes over', async () => {
    const browser = openBrowser();
    for (const jti of ['1', '2', '3']) browser.openTab({ token: () => tokenOf('alice', jti) });
    await browser.advance(1000);
    const leader = leaderOf(browser);
    const own = browser.tabs.indexOf(leader);
    expect(usedBy(leader.open[0])).toBe(tokenOf('alice', String(own + 1)));
    leader.client.close();
    await browser.advance(1000);
    const next = leaderOf(browser);
    expect(usedBy(next.open[0])).toBe(tokenOf('alice', String(browser.tabs.indexOf(next) + 1)));
  });

  it('leaves it with setToken, and the others stay with it', async () => {
    const { browser, tabs } = await openTabs(3, { token: tokenOf('alice') });
    const mover = leaderOf(browser);
    mover.client.setToken(tokenOf('bob'));
    expect(mover.client.freshness.isFresh).toBe(false);
    await browser.advance(1000);
    expect(browser.open.map(usedBy).sort()).toEqual([tokenOf('alice'), tokenOf('bob')].sort());
    for (const { client } of tabs) expect(client.freshness.isFresh).toBe(true);
    mover.client.setToken(tokenOf('alice'));
    await browser.advance(1000);
    expect(browser.open.map(usedBy)).toEqual([tokenOf('alice')]);
  });

  it('hands it over where the gateway refuses its own token, and asks for no more itself', async () => {
    const browser = openBrowser();
    browser.refuse((token) => token.includes(tokenOf('alice', 'revoked')));
    const revoked = browser.openTab({ token: tokenOf('alice', 'revoked') });
    await browser.advance(100);
    const good = browser.openTab({ token: tokenOf('alice', 'good') });
    await browser.advance(3000);
    expect(revoked.client.status.state).toBe('unauthorized');
    expect(revoked.client.document).toEqual({});
    expect(good.client.status.state).toBe('live');
    revoked.client.setToken(tokenOf('alice', 'new'));
    await browser.advance(1000);
    expect(revoked.client.status.state).toBe('live');
    expect(browser.open).toHaveLength(1);
  });

  it('is told what is wrong where its provider fails, and shares as soon as it does not', async () => {
    const { browser } = await openTabs(1, { timing, token: tokenOf('alice') });
    let isBroken = true;
    const errors: string[] = [];
    const { client } = browser.openTab({
      timing,
      token: async () => {
        if (isBroken) throw new Error('no session');
        return tokenOf('alice');
      },
    });
    client.on('error', ({ code }) => errors.push(code));
    await browser.advance(2000);
    expect(client.status).toMatchObject({ state: 'connecting' });
    expect(client.status.reason).toContain('no token: no session');
    expect(errors).toContain('TOKEN');
    isBroken = false;
    await browser.advance(3000);
    expect(client.status.state).toBe('live');
    expect(browser.open).toHaveLength(1);
  });

  it('does not wait for ever for a provider that never answers', async () => {
    const { browser, tabs } = await openTabs(1, { token: () => new Promise(() => {}) });
    await browser.advance(25_000);
    expect(tabs[0]?.client.status.reason).toContain('no token in time');
  });
});
