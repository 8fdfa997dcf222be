import { describe, expect, it } from 'vitest';
import { createTestContext } from '../support/context.ts';

const start = '2026-01-01T00:00:00.000Z';
const at = (ms: number): string => new Date(Date.parse(start) + ms).toISOString();

function setUp() {
  const { clock, meter, board } = createTestContext();
  let expiries = 0;
  board.onChange((_name, change) => {
    if (change === 'aged') expiries += 1;
  });
  const source = board.open('state', { freshMs: () => 2000, required: true });
  const up = () => meter.value('bff_source_up', { source: 'state' });
  return { clock, board, source, up, expiries: () => expiries };
}

describe('Source', () => {
  it('is down from the start, without an error while nothing was asked', () => {
    const { board, up } = setUp();
    expect(board.states).toEqual({ state: { status: 'down', since: start } });
    expect(up()).toBe(0);
    expect(board.awaited).toEqual(['state']);
  });

  it('is fresh from the first success, and says that this is a change once', () => {
    const { clock, source, up, board } = setUp();
    clock.advance(700);
    expect(source.succeeded()).toBe(true);
    expect(source.state).toEqual({ status: 'fresh', since: at(700) });
    expect(up()).toBe(1);
    expect(board.awaited).toEqual([]);
    clock.advance(1000);
    expect(source.succeeded()).toBe(false);
    expect(source.state.since).toBe(at(700));
  });

  it('stays the same object while it stays fresh', () => {
    const { clock, source, board } = setUp();
    source.succeeded();
    const states = board.states;
    for (let second = 0; second < 100; second++) {
      clock.advance(1000);
      source.succeeded();
    }
    expect(board.states).toBe(states);
  });

  it('is stale two periods after the last success, and down 30 s later', () => {
    const { clock, source, expiries, up } = setUp();
    source.succeeded();
    clock.advance(1999);
    expect(source.state.status).toBe('fresh');
    clock.advance(1);
    expect(source.state).toEqual({ status: 'stale', since: at(2000), error: 'no answer in time' });
    expect(expiries()).toBe(1);
    expect(up()).toBe(0);
    clock.advance(29_999);
    expect(source.state.status).toBe('stale');
    clock.advance(1);
    expect(source.state).toMatchObject({ status: 'down', since: at(32_000) });
    expect(expiries()).toBe(2);
    clock.advance(3_600_000);
    expect(expiries()).toBe(2);
  });

  it('is not made stale by failures alone, but shows the last one when its time is over', () => {
    const { clock, source } = setUp();
    source.succeeded();
    expect(source.failed('HTTP 500')).toBe(false);
    expect(source.state).toEqual({ status: 'fresh', since: start });
    expect(source.failed('HTTP 503')).toBe(false);
    clock.advance(2000);
    expect(source.state).toEqual({ status: 'stale', since: at(2000), error: 'HTTP 503' });
  });

  it('follows a new kind of error at most once in 10 s, and keeps its time', () => {
    const { clock, source } = setUp();
    source.succeeded();
    source.failed('connection reset');
    clock.advance(2000);
    const { since } = source.state;
    const shown: unknown[] = [];
    for (let second = 0; second < 12; second += 1) {
      clock.advance(1000);
      if (source.failed('not valid JSON')) shown.push([second + 1, source.state]);
    }
    expect(shown).toEqual([[10, { status: 'stale', since, error: 'not valid JSON' }]]);
  });

  it('says its current error when it goes down, however new that is', () => {
    const { clock, source } = setUp();
    source.succeeded();
    source.failed('HTTP 500', 'stale');
    clock.advance(1000);
    source.failed('HTTP 502');
    expect(source.failed('HTTP 503', 'down')).toBe(true);
    expect(source.state).toMatchObject({ status: 'down', error: 'HTTP 503' });
  });

  it('says once why it is down from the start', () => {
    const { clock, source } = setUp();
    clock.advance(10);
    expect(source.failed('ECONNREFUSED')).toBe(true);
    expect(source.state).toEqual({ status: 'down', since: start, error: 'ECONNREFUSED' });
    expect(source.failed('HTTP 500')).toBe(false);
    expect(source.failed('HTTP 500', 'down')).toBe(false);
    expect(source.failed('HTTP 500', 'stale')).toBe(false);
    expect(source.state.error).toBe('ECONNREFUSED');
  });

  it('is down at once where it is given up', () => {
    const { clock, source, expiries } = setUp();
    source.succeeded();
    clock.advance(500);
    expect(source.failed('HTTP 500', 'down')).toBe(true);
    expect(source.state).toEqual({ status: 'down', since: at(500), error: 'HTTP 500' });
    clock.advance(60_000);
    expect(source.state.since).toBe(at(500));
    expect(expiries()).toBe(0);
  });

  it('is stale at once where its connection is lost, and down 30 s after that', () => {
    const { clock, source } = setUp();
    source.succeeded();
    clock.advance(500);
    expect(source.failed('closed', 'stale')).toBe(true);
    expect(source.state).toEqual({ status: 'stale', since: at(500), error: 'closed' });
    clock.advance(10_000);
    expect(source.failed('ECONNREFUSED', 'stale')).toBe(true);
    clock.advance(19_999);
    expect(source.state.status).toBe('stale');
    clock.advance(1);
    expect(source.state).toEqual({ status: 'down', since: at(30_500), error: 'ECONNREFUSED' });
  });

  it.each(['stale', 'down'] as const)('comes back from %s with one success, its error forgotten', (from) => {
    const { clock, source } = setUp();
    source.succeeded();
    source.failed('HTTP 500', from);
    clock.advance(100);
    expect(source.succeeded()).toBe(true);
    expect(source.state).toEqual({ status: 'fresh', since: at(100) });
    clock.advance(2000);
    expect(source.state).toMatchObject({ status: 'stale', error: 'no answer in time' });
  });
});

describe('Source that answers, and stands still', () => {
  it('is stale, says since when, and still counts as answering', () => {
    const { clock, source, up } = setUp();
    source.succeeded();
    clock.advance(1000);
    expect(source.succeeded('stands still since noon')).toBe(true);
    expect(source.state).toEqual({ status: 'stale', since: at(1000), error: 'stands still since noon' });
    expect(source.isAnswering).toBe(true);
    expect(up()).toBe(0);
  });

  it('is never down for that', () => {
    const { clock, source } = setUp();
    for (let second = 0; second < 3600; second += 1) {
      source.succeeded('stands still since noon');
      clock.advance(1000);
    }
    expect(source.state.status).toBe('stale');
  });

  it('is fresh again with the first answer that moves', () => {
    const { clock, source } = setUp();
    source.succeeded('stands still since noon');
    clock.advance(500);
    expect(source.succeeded()).toBe(true);
    expect(source.state).toEqual({ status: 'fresh', since: at(500) });
  });

  it('goes down where answers stop, 30 s after they were late', () => {
    const { clock, source, expiries } = setUp();
    source.succeeded('stands still since noon');
    clock.advance(2000);
    expect(source.state).toMatchObject({ status: 'stale', since: start });
    expect(source.isAnswering).toBe(false);
    clock.advance(30_000);
    expect(source.state).toEqual({ status: 'down', since: at(32_000), error: 'no answer in time' });
    expect(expiries()).toBe(1);
  });
});

describe('Notes of a source', () => {
  it('are eight at most, and stay through changes of status until others replace them', () => {
    const { clock, source } = setUp();
    expect(source.note(Array.from({ length: 9 }, (_, index) => `note ${index}`))).toBe(true);
    source.succeeded();
    clock.advance(2000);
    expect(source.state.notes).toHaveLength(8);
    expect(source.note(['one'])).toBe(true);
    expect(source.note(['one'])).toBe(false);
    expect(source.state).toMatchObject({ status: 'stale', notes: ['one'] });
    expect(source.note([])).toBe(true);
    expect(source.state).not.toHaveProperty('notes');
  });
});
