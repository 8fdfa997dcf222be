import { renameSync, rmSync, truncateSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rotated, setUpFolder, setUpTail } from './set-up.ts';

/** What is written while a look is under way: after so many turns of the event loop, so many lines. */
const writes = fc.array(fc.tuple(fc.nat(6), fc.constantFrom(1, 3, 2000)), { minLength: 1, maxLength: 4 });
const rounds = fc.array(fc.tuple(writes, fc.nat(3)), { maxLength: 10 });

describe('FileTail, while the file is written to and replaced during a look', () => {
  it.for([
    ['renamed', (path: string) => renameSync(path, `${path}.1`)],
    ['deleted', (path: string) => rmSync(path)],
  ] as const)('loses no line and repeats none when it is %s', async ([, replace], test) => {
    await fc.assert(
      fc.asyncProperty(rounds, async (rounds) => {
        const { directory, path, write, append } = setUpFolder(test);
        const { tail, heard } = setUpTail(test, directory, { backlogLines: 10 });
        write('');
        await tail.poll();
        let written = 0;
        let files = 1;
        const lines = (count: number): string =>
          Array.from({ length: count }, () => `${++written}\n`).join('');
        for (const [writes, replaceAt] of rounds) {
          const look = tail.poll();
          for (const [index, [turns, count]] of writes.entries()) {
            for (let turn = 0; turn < turns; turn += 1) await nextTurn();
            if (index === replaceAt) {
              replace(path);
              files += 1;
            }
            append(lines(count));
          }
          await look;
          // A file that came and went between two looks is never seen: here each is there at one.
          await tail.poll();
        }
        const all = heard();
        expect(all.filter((entry) => entry === rotated)).toHaveLength(files - 1);
        const numbers = all.filter((entry) => entry !== rotated);
        expect(numbers).toEqual(Array.from({ length: written }, (_, index) => String(index + 1)));
        await tail.stop();
      }),
      { numRuns: 40 },
    );
  });

  it('repeats no line when it is truncated and grows again', async (test) => {
    await fc.assert(
      fc.asyncProperty(rounds, async (rounds) => {
        const { directory, path, write, append } = setUpFolder(test);
        const { tail, heard } = setUpTail(test, directory, { backlogLines: 10 });
        write('');
        await tail.poll();
        let written = 0;
        for (const [writes, truncateAt] of rounds) {
          const look = tail.poll();
          for (const [index, [turns, count]] of writes.entries()) {
            for (let turn = 0; turn < turns; turn += 1) await nextTurn();
            if (index === truncateAt) truncateSync(path);
            append(Array.from({ length: count }, () => `${String(++written).padStart(8, '0')};\n`).join(''));
          }
          await look;
        }
        await tail.poll();
        // A line torn by a truncation is no whole one.
        const numbers = heard().flatMap((line) =>
          /^\d{8};$/.test(String(line)) ? [Number.parseInt(String(line), 10)] : [],
        );
        expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
        if (written > 0) expect(numbers.at(-1)).toBe(written);
        await tail.stop();
      }),
      { numRuns: 40 },
    );
  });
});
