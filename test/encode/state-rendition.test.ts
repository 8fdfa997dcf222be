import { describe, expect, it } from 'vitest';
import { setUpRendition, textOf } from './rendition-set-up.ts';

describe('StateRendition', () => {
  it('renders a version once, however often it is asked for', () => {
    const { rendition, rendered, commit, meter } = setUpRendition();
    commit({ price: 1 });
    const updates = Array.from({ length: 5 }, () => rendition.next());
    expect(new Set(updates).size).toBe(1);
    expect(new Set(updates.map(({ full }) => full)).size).toBe(1);
    expect(rendered).toEqual(['TELEMETRY 2']);
    expect(meter.observations('bff_encode_seconds')).toBe(1);
  });

  it('renders nothing until it is asked', () => {
    const { rendition, rendered, commit } = setUpRendition();
    for (let price = 1; price <= 5; price += 1) commit({ price });
    expect(rendition.next().seq).toBe(6);
    expect(rendered).toEqual([]);
    expect(rendition.latest().payload.toString()).toBe('{"type":"TELEMETRY","seq":6,"data":{"price":5}}');
    expect(rendered).toEqual(['TELEMETRY 6']);
  });

  it('shows the newest version, with its seq and the packet type', () => {
    const { rendition, commit } = setUpRendition();
    rendition.latest();
    commit({ price: 7 });
    expect(rendition.seq).toBe(2);
    expect(rendition.next()).toMatchObject({ seq: 2, full: { type: 'TELEMETRY' }, delta: undefined });
  });

  it('says when the earliest event in an update was received, where there is one', () => {
    const { rendition, commit } = setUpRendition();
    commit({ price: 1 });
    expect(rendition.next().receivedAt).toBeUndefined();
    commit({ price: 2 }, 12.5);
    expect(rendition.next().receivedAt).toBe(12.5);
  });

  it('says which of its news is urgent, from one version to the next', () => {
    const { rendition, commit } = setUpRendition({
      urgencyOf: (document, previous) => (Number(document.price) > Number(previous.price) ? ['now'] : []),
    });
    const told: (readonly string[])[] = [];
    rendition.onNews((urgencies) => told.push(urgencies));
    for (const price of [1, 2, 2, 1]) commit({ price });
    expect(told).toEqual([['now'], ['now'], []]);
  });

  it('tells of news when a version was made, and not when nothing changed', () => {
    const { rendition, commit } = setUpRendition();
    let news = 0;
    rendition.onNews(() => {
      news += 1;
    });
    for (const price of [1, 1, 2]) commit({ price });
    expect(news).toBe(2);
    rendition.close();
    commit({ price: 3 });
    expect(news).toBe(2);
  });
});

/** Large enough beside `price` that a delta of that alone is always worth it. */
const rest = { note: 'x'.repeat(500) };

describe('StateRendition of some sections', () => {
  const initial = { timestamp: 't0', status: 'ACTIVE', market: { price: 1 }, agents: { A: 1 }, ...rest };

  it('has no news when only others moved, and keeps its seq', () => {
    const { rendition, commit } = setUpRendition({ sections: ['market'], initial });
    let news = 0;
    rendition.onNews(() => {
      news += 1;
    });
    commit({ ...initial, agents: { A: 2 } });
    commit({ ...initial, timestamp: 't1' });
    expect([news, rendition.seq]).toEqual([0, 1]);
    commit({ ...initial, timestamp: 't2', market: { price: 2 } });
    expect([news, rendition.seq]).toEqual([1, 4]);
    commit({ ...initial, status: 'HALT' });
    expect([news, rendition.seq]).toEqual([2, 5]);
  });

  it('numbers its deltas by what it shows: base and seq are versions in which that changed', () => {
    const { rendition, commit } = setUpRendition({
      mode: 'delta',
      sections: ['market', 'note'],
      initial,
    });
    commit({ ...initial, market: { price: 2 } });
    expect(textOf(rendition.next().delta)).toMatchObject({ base: 1, seq: 2 });
    commit({ ...initial, market: { price: 2 }, agents: { A: 5 } });
    commit({ ...initial, market: { price: 3 }, agents: { A: 5 }, timestamp: 't9' });
    expect(textOf(rendition.next().delta)).toMatchObject({
      base: 2,
      seq: 4,
      patch: { timestamp: 't9', market: { price: 3 } },
    });
  });

  it('shows the newest of what is no change by itself, as a greeting of the same number does', () => {
    const { rendition, commit } = setUpRendition({ sections: ['market'], initial });
    expect(textOf(rendition.latest())).toMatchObject({ seq: 1, data: { timestamp: 't0' } });
    commit({ ...initial, timestamp: 't1', agents: { A: 2 } });
    expect(textOf(rendition.latest())).toMatchObject({ seq: 1, data: { timestamp: 't1' } });
  });

  it('still tells as a delta what was told so before only that moved', () => {
    const { rendition, commit } = setUpRendition({ mode: 'delta', sections: ['market', 'note'], initial });
    commit({ ...initial, market: { price: 2 } }, 5);
    rendition.next();
    commit({ ...initial, timestamp: 't1', market: { price: 2 } }, 9);
    const again = rendition.next();
    expect(textOf(again.delta)).toMatchObject({ base: 1, seq: 2, patch: { market: { price: 2 } } });
    expect(again.receivedAt).toBe(5);
  });

  it('states in each delta what may have moved without being a change: others were shown an older one', () => {
    const { rendition, commit, feed, projection } = setUpRendition({
      mode: 'delta',
      sections: ['market', 'note'],
      initial,
    });
    commit({ ...initial, timestamp: 't2', market: { price: 2 } });
    // Somebody joins here and is shown t2. The sweep comes later, when the timestamp has moved on by itself.
    const joined = projection.of(feed.current);
    commit({ ...initial, timestamp: 't3', market: { price: 2 } });
    rendition.next();
    commit({ ...initial, timestamp: 't3', market: { price: 4 } });
    const { delta } = rendition.next();
    expect(joined.timestamp).toBe('t2');
    expect(textOf(delta)).toMatchObject({ base: 2, patch: { timestamp: 't3', market: { price: 4 } } });
  });
});
