import {
  closeSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { describe, expect, it } from 'vitest';
import { rotated, setUpFolder, setUpTail, unavailable } from './set-up.ts';

const kibibyte = 1024;

describe('FileTail, of files as programs leave them,', () => {
  it('loses no line under copytruncate and a writer that goes on where it was', async (test) => {
    const { directory, path, write } = setUpFolder(test);
    write('');
    const writer = openSync(path, 'r+');
    test.onTestFinished(() => closeSync(writer));
    writeSync(writer, `${'x'.repeat(99)}\n`.repeat(1000));
    const { tail, look } = setUpTail(test, directory);
    await tail.start();
    truncateSync(path);
    writeSync(writer, 'first after it\n');
    expect(await look()).toEqual([rotated, 'first after it']);
    truncateSync(path);
    expect(await look()).toEqual([rotated]);
    writeSync(writer, 'second\n');
    expect(await look()).toEqual(['second']);
    expect(tail.recent(10)).toEqual(['second']);
  });

  it.for([1000 * kibibyte, 10_000 * kibibyte])(
    'begins with all lines after a hole of %i bytes',
    async (length, test) => {
      const { directory, path, write } = setUpFolder(test);
      write('');
      truncateSync(path, length);
      const writer = openSync(path, 'r+');
      writeSync(writer, 'one\ntwo\n', length);
      closeSync(writer);
      const { tail } = setUpTail(test, directory);
      await tail.start();
      expect(tail.recent(10)).toEqual(['one', 'two']);
    },
  );

  it.for(['utf16le', 'utf16be'] as const)(
    'reads %s from its last lines on, and what is added',
    async (name, test) => {
      const { directory, write, append } = setUpFolder(test);
      const encode = (text: string): Buffer => {
        const little = Buffer.from(text, 'utf16le');
        return name === 'utf16le' ? little : little.swap16();
      };
      // U+0A0A and U+010A have the byte of an LF in them.
      const lines = Array.from({ length: 20_000 }, (_, index) => `line ${index} ਊ Ċ`);
      write(encode(`\ufeff${lines.join('\r\n')}\r\n`));
      const { tail, look } = setUpTail(test, directory, { backlogLines: 50 });
      await tail.start();
      expect(tail.recent(50)).toEqual(lines.slice(-50));
      append(encode('half').subarray(0, 5));
      expect(await look()).toEqual([]);
      append(encode('half').subarray(5));
      append(encode(' a line\n'));
      expect(await look()).toEqual(['half a line']);
      write(encode('\ufeffnew\n'));
      expect(await look()).toEqual([rotated, 'new']);
    },
  );

  it('shows a progress bar as it stands twice a second at most, and its end once', async (test) => {
    const { directory, write, append } = setUpFolder(test);
    write('');
    const { tail, look, clock } = setUpTail(test, directory);
    await tail.poll();
    const shown: unknown[] = [];
    for (let percent = 0; percent < 100; percent += 1) {
      append(`\r${percent} %`);
      clock.advance(100);
      shown.push(...(await look()));
    }
    expect(shown.length).toBeGreaterThan(15);
    expect(shown.length).toBeLessThanOrEqual(20);
    expect(shown.every((line) => /^\d+ %$/.test(String(line)))).toBe(true);
    append('\r100 %\nnext\n');
    expect(await look()).toEqual(['100 %', 'next']);
    expect(tail.recent(2)).toEqual(['100 %', 'next']);
  });

  it('tells that a link, or a folder, has taken the place, and goes on when it is a file again', async (test) => {
    const { directory, path, write, append } = setUpFolder(test);
    write('one\nhalf');
    const { tail, look } = setUpTail(test, directory);
    await tail.start();
    append(' a line\nlast words');
    renameSync(path, `${path}.1`);
    symlinkSync('/etc/passwd', path);
    expect(await look()).toEqual(['half a line', 'last words', unavailable]);
    expect(tail.recent(10)).toEqual([]);
    expect([await look(), tail.isObstructed]).toEqual([[], true]);
    rmSync(path);
    expect(await look()).toEqual([]);
    mkdirSync(path);
    expect(await look()).toEqual([unavailable]);
    rmSync(path, { recursive: true });
    write('new\nnewer\n');
    expect([await look(), tail.isObstructed]).toEqual([[rotated, 'new', 'newer'], false]);
  });

  it('tells it too where no file was there before', async (test) => {
    const { directory, path, write } = setUpFolder(test);
    const { tail, look } = setUpTail(test, directory);
    await tail.start();
    symlinkSync('/etc/passwd', path);
    expect(await look()).toEqual([unavailable]);
    rmSync(path);
    write('new\n');
    expect(await look()).toEqual([rotated, 'new']);
  });
});
