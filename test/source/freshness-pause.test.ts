import { describe, expect, it } from 'vitest';
import { createTestContext } from '../support/context.ts';

function setUp() {
  const { clock, board } = createTestContext();
  const shown: string[] = [];
  const source = board.open('state', { freshMs: () => 2000 });
  board.onChange((_name, change) => void (change === 'aged' && shown.push(source.state.status)));
  source.succeeded();
  return { clock, board, source, shown };
}

describe('Source, while nobody asks it,', () => {
  it('keeps its status, however long that lasts', () => {
    const { clock, source, shown } = setUp();
    source.pause();
    clock.advance(3_600_000);
    expect([source.state.status, shown]).toEqual(['fresh', []]);
  });

  it('does not age by an answer that comes late either', () => {
    const { clock, source } = setUp();
    source.pause();
    clock.advance(100);
    source.succeeded();
    clock.advance(60_000);
    expect(source.state.status).toBe('fresh');
    source.failed('closed', 'stale');
    clock.advance(60_000);
    expect(source.state.status).toBe('stale');
  });

  it.each([
    [1999, 'fresh', []],
    [2000, 'stale', ['stale']],
    [31_999, 'stale', ['stale']],
    [32_000, 'down', ['stale', 'down']],
  ])('is shown as old as it is at once when it is asked again, after %i ms', (ms, status, told) => {
    const { clock, source, shown } = setUp();
    source.pause();
    clock.advance(ms);
    source.resume();
    expect([source.state.status, shown]).toEqual([status, told]);
  });

  it('goes on ageing from where it was', () => {
    const { clock, source, shown } = setUp();
    clock.advance(500);
    source.pause();
    clock.advance(1000);
    source.resume();
    clock.advance(499);
    expect(source.state.status).toBe('fresh');
    clock.advance(1);
    expect(source.state.status).toBe('stale');
    clock.advance(30_000);
    expect(shown).toEqual(['stale', 'down']);
  });

  it('is as it was where it is asked again without a pause, or after its board was closed', () => {
    const { clock, board, source, shown } = setUp();
    source.resume();
    clock.advance(1999);
    expect(source.state.status).toBe('fresh');
    source.pause();
    board.close();
    source.resume();
    clock.advance(60_000);
    expect(shown).toEqual([]);
  });
});
