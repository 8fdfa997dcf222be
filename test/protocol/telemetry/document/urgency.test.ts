import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../../src/core/json.ts';
import { stateStatus, urgencyOf } from '../../../../src/protocol/telemetry/document/urgency.ts';

const since = '2026-01-01T00:00:00.000Z';
const fresh = { status: 'fresh', since };
const before: JsonObject = {
  timestamp: since,
  status: 'ACTIVE',
  market: { price: 1 },
  sources: { state: fresh, agents: fresh },
};
const halt = { by: 'ada', role: 'operator', reason: 'test', at: since };
const withState = (state: JsonObject): JsonObject => ({ ...before, sources: { state, agents: fresh } });

describe('urgencyOf', () => {
  it.each<[string, JsonObject, readonly string[]]>([
    ['nothing', before, []],
    ['figures', { ...before, market: { price: 2 }, timestamp: 'x' }, []],
    ['the status', { ...before, status: 'HALT' }, ['now']],
    ['a status that the engine no longer knows', { ...before, status: null }, ['now']],
    ['no status', { sources: before.sources ?? null }, ['now']],
    ['a halt', withState({ ...fresh, halt }), ['now']],
    ['the status of a source', withState({ status: 'stale', since, error: 'x' }), ['limited']],
    [
      'a source that comes',
      { ...before, sources: { state: fresh, agents: fresh, redis: fresh } },
      ['limited'],
    ],
    ['a source that goes', { ...before, sources: { state: fresh } }, ['limited']],
    ['a source in the place of another', { ...before, sources: { state: fresh, redis: fresh } }, ['limited']],
    ['no sources', { status: 'ACTIVE' }, ['limited']],
    ['an equal copy', structuredClone(before), []],
    ['a note', withState({ ...fresh, notes: ['x'] }), []],
    ['since, an error and what is live', withState({ ...fresh, since: 'x', error: 'y', live: ['z'] }), []],
    [
      'a halt and a status',
      { ...withState({ status: 'down', since, halt }), status: 'HALT' },
      ['now', 'limited'],
    ],
  ])('finds in %s: %#', (_what, document, urgencies) => {
    expect(urgencyOf(document, before)).toEqual(urgencies);
  });

  it('finds a halt that ends, or is another, and none in one that stays', () => {
    const halted = withState({ ...fresh, halt });
    expect(urgencyOf(before, halted)).toEqual(['now']);
    expect(urgencyOf(withState({ ...fresh, halt: { ...halt, at: 'later' } }), halted)).toEqual(['now']);
    expect(urgencyOf(withState({ ...fresh, halt: { ...halt } }), halted)).toEqual([]);
  });
});

describe('stateStatus', () => {
  it.each([
    [before, 'fresh'],
    [withState({ status: 'down' }), 'down'],
    [withState({ status: 'odd' }), undefined],
    [{}, undefined],
    [{ sources: [] }, undefined],
  ])('reads %o', (document, status) => {
    expect(stateStatus(document)).toBe(status);
  });
});
