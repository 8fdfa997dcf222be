import { describe, expect, it } from 'vitest';
import { entryBefore, Scoreboard } from './scoreboard.ts';

async function boardWith(turns: Readonly<Record<string, readonly number[]>>): Promise<Scoreboard<number>> {
  const board = new Scoreboard<number>();
  for (const [entry, values] of Object.entries(turns)) {
    for (const value of values) await board.take(entry, () => Promise.resolve(value));
  }
  return board;
}

const read = (turn: number) => turn;

describe('Scoreboard', () => {
  it('compares each turn with the same turn of the other, and takes the median of the ratios', async () => {
    const board = await boardWith({ gateway: [10, 30, 50], floor: [20, 30, 200] });
    expect(board.ratio('gateway ÷ floor', 'gateway', 'floor', read)).toMatchObject({
      value: 0.5,
      note: '3 pairs, 0.25 to 1.00',
    });
  });

  it('sets this build beside the one before, where that took part', async () => {
    const alone = await boardWith({ gateway: [10] });
    expect(alone.compared('CPU', 'ms', 'gateway', read).map(({ value }) => value)).toEqual([10]);
    const both = await boardWith({ gateway: [10, 12], [entryBefore('gateway')]: [20, 16] });
    expect(both.compared('CPU', 'ms', 'gateway', read).map(({ name, value }) => [name, value])).toEqual([
      ['CPU', 11],
      ['CPU, before', 18],
      ['CPU, after ÷ before', 0.625],
    ]);
  });

  it('says why what failed once is missing, and in all that is made of it', async () => {
    const board = await boardWith({ gateway: [10], floor: [20] });
    await board.take('floor', () => Promise.reject(new Error('no floor')));
    const missing = { value: Number.NaN, note: 'no floor' };
    expect(board.figure('floor', 'ms', 'floor', read)).toMatchObject(missing);
    expect(board.ratio('gateway ÷ floor', 'gateway', 'floor', read)).toMatchObject(missing);
  });
});
