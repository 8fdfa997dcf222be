import { describe, expect, it } from 'vitest';
import { setUpLogs } from './log-set-up.ts';

const red = '\u001b[31mred\u001b[0m';

describe('A log with colours', () => {
  it('is sent without them to those who ask for that, and as it is to the others', async (test) => {
    const { folder, watch, until, logs } = await setUpLogs(test);
    folder.append('a', `${red} one\n`);
    const [kept, stripped] = [await watch('a'), await watch('a', 100, 'strip')];
    folder.append('a', `${red} two\n`);
    for (const client of [kept, stripped]) await until(client, (frames) => frames.length === 2);
    expect(kept.frames()).toEqual([
      { type: 'backlog', lines: [`${red} one`], count: 1 },
      { type: 'lines', lines: [`${red} two`], count: 1 },
    ]);
    expect(stripped.frames()).toEqual([
      { type: 'backlog', lines: ['red one'], count: 1 },
      { type: 'lines', lines: ['red two'], count: 1 },
    ]);
    expect(logs.size).toBe(1);
  });
});
