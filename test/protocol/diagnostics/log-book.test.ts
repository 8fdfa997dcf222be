import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../../src/core/clock.ts';
import { LogBook } from '../../../src/protocol/diagnostics/log-book.ts';
import { createTestContext } from '../../support/context.ts';
import { createManualClock } from '../../support/manual-clock.ts';

const at = Date.parse('2026-01-01T00:00:00.000Z');

const createBook = (clock: Clock) => new LogBook(createTestContext().feeds, clock);

describe('LogBook', () => {
  it('names an entry after its millisecond, and numbers further ones of the same', () => {
    const clock = createManualClock(at);
    const book = createBook(clock);
    const record = () => book.record({ level: 'info', message: 'x' });
    expect([record(), record(), record()].map(({ id }) => id)).toEqual([
      `log-${at}`,
      `log-${at}-2`,
      `log-${at}-3`,
    ]);
    clock.advance(1);
    expect(record()).toEqual({
      id: `log-${at + 1}`,
      timestamp: '2026-01-01T00:00:00.001Z',
      level: 'info',
      message: 'x',
    });
  });

  it('keeps the time that an event brings, and names it by its own', () => {
    const book = createBook(createManualClock(at));
    const timestamp = '2020-02-02T02:02:02.002Z';
    expect(book.record({ timestamp, level: 'error', message: 'old' })).toMatchObject({
      id: `log-${at}`,
      timestamp,
    });
  });

  it('keeps the newest 200, newest first', () => {
    const book = createBook(createManualClock(at));
    for (let count = 1; count <= 250; count += 1) book.record({ level: 'info', message: `${count}` });
    const kept = book.newest(1000).map(({ message }) => Number(message));
    expect(kept).toEqual(Array.from({ length: 200 }, (_, index) => 250 - index));
    expect(book.newest(2).map(({ message }) => message)).toEqual(['250', '249']);
    expect(book.newest(0)).toEqual([]);
  });

  it('gives no id twice, whatever the clock does', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 300 }), (moves) => {
        let now = at;
        const clock: Clock = { ...createManualClock(), now: () => now };
        const book = createBook(clock);
        const ids = moves.map((move) => {
          now += move;
          return book.record({ level: 'info', message: 'x' }).id;
        });
        expect(new Set(ids).size).toBe(ids.length);
        for (const id of ids) expect(id).toMatch(/^log-\d{13}(-([2-9]|[1-9]\d+))?$/);
      }),
    );
  });
});
