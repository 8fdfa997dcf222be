import { renameSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { heldOpen, setUpFolder, setUpTail } from './set-up.ts';

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
