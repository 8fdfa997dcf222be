import { describe, expect, it } from 'vitest';
import { createTestContext } from '../support/context.ts';

function setUp() {
  const { feeds } = createTestContext();
  const heard: string[] = [];
  const write = (name: string) => () => {
    heard.push(`${name} begins`);
    return () => void heard.push(`${name} ends`);
  };
  const open = (name: string) => feeds.state(name, { initial: {}, write: write(name) });
  return { feeds, heard, open };
}

describe('Feeds', () => {
  it('have no feed written before they are started, and then in the order in which they were made', () => {
    const { feeds, heard, open } = setUp();
    open('first');
    feeds.state('unwritten', { initial: {} });
    open('second');
    expect(heard).toEqual([]);
    feeds.start();
    expect(heard).toEqual(['first begins', 'second begins']);
  });

  it('have one that is made later written at once, but not before its maker has it', async () => {
    const { feeds, heard, open } = setUp();
    feeds.start();
    open('late');
    expect(heard).toEqual([]);
    await Promise.resolve();
    expect(heard).toEqual(['late begins']);
  });

  it('end the writing of one that is closed, once', () => {
    const { feeds, heard, open } = setUp();
    const feed = open('a');
    feeds.start();
    feed.close();
    feed.close();
    expect(heard).toEqual(['a begins', 'a ends']);
  });

  it('do not begin to write one that was closed before', async () => {
    const { feeds, heard, open } = setUp();
    open('early').close();
    feeds.start();
    open('late').close();
    await Promise.resolve();
    expect(heard).toEqual([]);
  });

  it('are found by name, as they are written, until they are closed', () => {
    const { feeds } = setUp();
    const feed = feeds.state('engine', { initial: { plans: 1 } });
    const found = feeds.find('engine');
    feed.stage({ plans: 2 });
    feed.commit();
    expect(found?.current.document).toEqual({ plans: 2 });
    feed.close();
    expect(feeds.find('engine')).toBeUndefined();
    expect(feeds.find('nobody')).toBeUndefined();
  });

  it('have a name each, whatever kind they are; one that is closed leaves its own to another', () => {
    const { feeds, open } = setUp();
    const feed = open('engine');
    const log = feeds.events('log', { capacity: 1 });
    for (const name of ['engine', 'log']) {
      expect(() => open(name)).toThrow(`there is a feed ${name} already`);
      expect(() => feeds.events(name, { capacity: 1 })).toThrow(`there is a feed ${name} already`);
    }
    log.close();
    expect(feeds.events('log', { capacity: 1 }).epoch).not.toBe(log.epoch);
    // Closed again, it takes nothing from the other.
    log.close();
    expect(() => open('log')).toThrow();
    feed.close();
    expect(open('engine').epoch).not.toBe(feed.epoch);
    expect(feeds.find('engine')).not.toBe(feed);
  });

  it('keep past versions of those that have a history, and of no other', () => {
    const { feeds } = setUp();
    const [kept, not] = [true, false].map((keepsHistory) =>
      feeds.state(`${keepsHistory}`, { initial: { n: 1 }, keepsHistory }),
    );
    for (const feed of [kept, not]) {
      feed?.stage({ n: 2 });
      feed?.commit();
    }
    expect([kept?.oldest.seq, not?.oldest.seq]).toEqual([1, 2]);
  });
});
