import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.ts';
import { Projection } from '../../src/feed/projection.ts';
import { arbitraryJson, canonicalText } from '../support/arbitrary-json.ts';
import { newStateFeed } from '../support/feeds.ts';
import { createManualClock } from '../support/manual-clock.ts';

function setUp(initial: JsonObject, epoch = 'e') {
  const clock = createManualClock();
  const feed = newStateFeed(initial, { epoch, clock });
  const project = (sections: readonly string[] | undefined) =>
    new Projection(feed, sections, { always: ['timestamp', 'status'], unremarkable: ['timestamp'] });
  const commit = (document: JsonObject): void => {
    feed.stage(document);
    feed.commit();
  };
  return { feed, project, commit };
}

const initial = { timestamp: 't0', status: 'ACTIVE', market: { price: 1 }, agents: {} };

describe('Projection', () => {
  it('of everything is the document, at the feed’s own position', () => {
    const { feed, project, commit } = setUp(initial);
    const all = project(undefined);
    expect(all.of(feed.current)).toBe(feed.current.document);
    commit({ ...initial, timestamp: 't1' });
    expect(all.position).toEqual({ epoch: 'e', seq: 2 });
  });

  it('of sections shows those and what is always shown, and leaves out what is missing', () => {
    const { feed, project } = setUp(initial);
    expect(project(['market']).of(feed.current)).toEqual({
      timestamp: 't0',
      status: 'ACTIVE',
      market: { price: 1 },
    });
    expect(Object.keys(project(['nowhere']).of(feed.current))).toEqual(['timestamp', 'status']);
  });

  it('shows only members of the document, never what every object has', () => {
    const { feed, project, commit } = setUp({ ...initial, toString: 'a section', valueOf: 1 });
    const odd = project(['toString', 'valueOf']);
    expect(odd.of(feed.current)).toMatchObject({ toString: 'a section', valueOf: 1 });
    commit(initial);
    expect(Object.keys(odd.of(feed.current))).toEqual(['timestamp', 'status']);
  });

  it('has an epoch of its own for each set of sections, whatever they are called', () => {
    const { project } = setUp(initial);
    const { project: later } = setUp(initial, 'f');
    const epochs = [undefined, ['market'], ['agents'], ['agents', 'market'], ['agents,market'], []].map(
      (sections) => project(sections).position.epoch,
    );
    expect(new Set(epochs).size).toBe(epochs.length);
    expect(project(['market']).position.epoch).toBe(epochs[1]);
    expect(later(['market']).position.epoch).not.toBe(epochs[1]);
  });

  it('counts a section that appears or disappears as a change', () => {
    const { project, commit } = setUp(initial);
    const risk = project(['risk']);
    commit({ ...initial, risk: 1 });
    expect(risk.position.seq).toBe(2);
    commit(initial);
    expect(risk.position.seq).toBe(3);
  });

  it('differs between two versions exactly where its position does, and never shows two things at one position', () => {
    const sections = fc.subarray(['market', 'agents', 'logs']);
    const change = fc.tuple(
      fc.constantFrom('market', 'agents', 'logs', 'status', 'timestamp', 'other'),
      arbitraryJson,
    );
    fc.assert(
      fc.property(sections, fc.array(change, { maxLength: 30 }), (shown, changes) => {
        const { feed, project, commit } = setUp(initial);
        const projection = project(shown);
        const seen = new Map<number, string>();
        const remember = (): void => {
          const { timestamp: _, ...remarkable } = projection.of(feed.current);
          const { seq } = projection.position;
          const text = canonicalText(remarkable);
          expect(seen.get(seq) ?? text).toBe(text);
          seen.set(seq, text);
        };
        let document: JsonObject = initial;
        remember();
        for (const [key, value] of changes) {
          const [before, previous] = [projection.position.seq, feed.current];
          document = { ...document, [key]: value };
          commit(document);
          expect(projection.differs(feed.current, previous)).toBe(projection.position.seq > before);
          remember();
        }
      }),
      { numRuns: 300 },
    );
  });
});
