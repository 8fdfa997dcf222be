import { describe, expect, it } from 'vitest';
import { createStateRendition } from '../../src/encode/rendition.ts';
import { HistoryBudget, historyDefaults, type Version } from '../../src/feed/history.ts';
import { createStateFeed } from '../../src/feed/state-feed.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createMemoryMeter } from '../support/memory-meter.ts';

function setUp() {
  const clock = createManualClock();
  const meter = createMemoryMeter();
  const feed = createStateFeed({
    initial: { price: 0 },
    epoch: 'e',
    clock,
    budget: new HistoryBudget(historyDefaults),
  });
  const rendered: number[] = [];
  const rendition = createStateRendition({
    dialect: 'test',
    type: 'UPDATE',
    feed,
    clock,
    meter,
    render(version: Version) {
      rendered.push(version.seq);
      return Buffer.from(JSON.stringify(version.document));
    },
  });
  const commit = (price: number, receivedAt?: number): void => {
    feed.stage({ price }, receivedAt);
    feed.commit();
  };
  return { feed, rendition, rendered, commit, meter };
}

describe('StateRendition', () => {
  it('renders a version once, however often it is asked for', () => {
    const { rendition, rendered, commit, meter } = setUp();
    commit(1);
    const updates = Array.from({ length: 5 }, () => rendition.latest());
    expect(new Set(updates).size).toBe(1);
    expect(rendered).toEqual([2]);
    expect(meter.observations('bff_encode_seconds')).toBe(1);
  });

  it('renders nothing until it is asked', () => {
    const { rendition, rendered, commit } = setUp();
    for (let price = 1; price <= 5; price += 1) commit(price);
    expect(rendered).toEqual([]);
    expect(rendition.latest().frame.toString()).toBe('{"price":5}');
    expect(rendered).toEqual([6]);
  });

  it('shows the newest version, with its seq and the packet type', () => {
    const { rendition, commit } = setUp();
    rendition.latest();
    commit(7);
    expect(rendition.seq).toBe(2);
    expect(rendition.latest()).toMatchObject({ seq: 2, type: 'UPDATE' });
  });

  it('says when the earliest event in an update was received, where there is one', () => {
    const { rendition, commit } = setUp();
    commit(1);
    expect(rendition.latest()).not.toHaveProperty('receivedAt');
    commit(2, 12.5);
    expect(rendition.latest()).toHaveProperty('receivedAt', 12.5);
  });

  it('tells of news when a version was made, and not when nothing changed', () => {
    const { rendition, commit } = setUp();
    let news = 0;
    rendition.onNews(() => {
      news += 1;
    });
    commit(1);
    commit(1);
    commit(2);
    expect(news).toBe(2);
  });
});
