import { renameSync, rmSync, truncateSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { heldOpen, rotated, setUpFolder, setUpTail } from './set-up.ts';

const manyLines = 'a line of some length\n'.repeat(20_000);

describe('FileTail.stop', () => {
  it('closes the file and delivers nothing more', async (test) => {
    const { directory, write, append } = setUpFolder(test);
    write('one\n');
    const { tail, clock, look } = setUpTail(test, directory);
    await tail.start();
    expect(heldOpen(directory)).toEqual(['engine.log']);
    await tail.stop();
    expect(heldOpen(directory)).toEqual([]);
    append('two\n');
    clock.advance(1000);
    expect(await look()).toEqual([]);
    expect(heldOpen(directory)).toEqual([]);
  });

  it('can be called by a listener, within a read, and is the last that it hears', async (test) => {
    const { directory, write, append } = setUpFolder(test);
    write('');
    let batches = 0;
    const { tail } = setUpTail(test, directory, {
      onLines: () => {
        batches += 1;
        void tail.stop();
      },
    });
    await tail.start();
    append(manyLines);
    await tail.poll();
    await tail.stop();
    expect(batches).toBe(1);
    expect(heldOpen(directory)).toEqual([]);
  });

  it('comes before `rotated` when the last line of the old file made a listener call it', async (test) => {
    const { directory, path, write } = setUpFolder(test);
    write('half');
    const { tail, look } = setUpTail(test, directory, { onLines: () => void tail.stop() });
    await tail.start();
    renameSync(path, `${path}.1`);
    write('new\n');
    expect(await look()).toEqual(['half']);
    await tail.stop();
    expect(heldOpen(directory)).toEqual([]);
  });

  it('is safe at any moment of a look, a replacement of the file included', async (test) => {
    const { directory, path, write, append } = setUpFolder(test);
    for (let turns = 0; turns < 40; turns += 1) {
      write('one\n');
      const { tail, heard } = setUpTail(test, directory);
      if (turns % 2 === 0) await tail.start();
      append(manyLines);
      renameSync(path, `${path}.1`);
      write(manyLines);
      const look = tail.poll();
      for (let turn = 0; turn < turns; turn += 1) await nextTurn();
      const stopped = tail.stop();
      heard();
      await Promise.all([look, stopped, tail.stop()]);
      expect(heard()).toEqual([]);
      expect(heldOpen(directory)).toEqual([]);
    }
  });

  it('is safe while the tail starts, and before it', async (test) => {
    const { directory, write } = setUpFolder(test);
    write('one\n');
    const first = setUpTail(test, directory);
    const started = first.tail.start();
    await first.tail.stop();
    await started;
    const second = setUpTail(test, directory);
    await second.tail.stop();
    await second.tail.start();
    for (const { clock } of [first, second]) clock.advance(1000);
    expect(heldOpen(directory)).toEqual([]);
  });
});

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
