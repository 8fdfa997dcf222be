import { afterEach, describe, expect, it, vi } from 'vitest';
import { leaderOf, openTabs } from './fake-tabs.ts';

/** Every tab of these tests is in the one page that there is here. */
function usePage() {
  const page = new EventTarget();
  const document = Object.assign(new EventTarget(), { baseURI: 'https://page.example' });
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  vi.stubGlobal('document', document);
  return {
    tell: (type: string) => page.dispatchEvent(new Event(type)),
    tellDocument: (type: string) => document.dispatchEvent(new Event(type)),
  };
}

describe('a tab that shares a connection', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('is not connected, and shows nothing for current, while its page is kept for "back"', async () => {
    const { tell } = usePage();
    const { browser, tabs } = await openTabs(1);
    expect(tabs[0]?.client.freshness.isFresh).toBe(true);
    tell('pagehide');
    expect(browser.open).toEqual([]);
    expect(browser.posted.at(-1)).toMatchObject({ type: 'bye' });
    expect(tabs[0]?.client.status.state).toBe('stale');
    tell('pageshow');
    await browser.advance(500);
    expect(tabs[0]?.client.freshness.isFresh).toBe(true);
    expect(browser.open).toHaveLength(1);
  });

  it('is not connected while its page is frozen', async () => {
    const { tellDocument } = usePage();
    const { browser } = await openTabs(1);
    tellDocument('freeze');
    expect(browser.open).toEqual([]);
    tellDocument('resume');
    await browser.advance(500);
    expect(browser.open).toHaveLength(1);
  });

  it('takes a change of the view that is asked for meanwhile', async () => {
    const { tell } = usePage();
    const { browser, tabs } = await openTabs(1);
    tell('pagehide');
    const changing = tabs[0]?.client.setOptions({ interval: 500 });
    await browser.advance(200);
    expect(browser.open).toEqual([]);
    tell('pageshow');
    expect(await browser.within(changing)).toMatchObject({ interval: 500 });
  });

  it('goes on as it was where its page is shown for the first time', async () => {
    const { tell } = usePage();
    const { browser } = await openTabs(2);
    tell('pageshow');
    await browser.advance(500);
    expect(browser.opened).toBe(1);
    expect(leaderOf(browser).open).toHaveLength(1);
  });

  it('listens to its page no more once it is closed', async () => {
    const { tell } = usePage();
    const { browser, tabs } = await openTabs(1);
    tabs[0]?.client.close();
    tell('pagehide');
    tell('pageshow');
    await browser.advance(500);
    expect(browser.opened).toBe(1);
    expect(tabs[0]?.client.status.state).toBe('closed');
  });
});
