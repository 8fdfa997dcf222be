import { describe, expect, it } from 'vitest';
import { setUpRendition } from './rendition-set-up.ts';

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
