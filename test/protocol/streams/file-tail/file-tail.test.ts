import { closeSync, openSync, truncateSync, writeSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createReadWindow,
  FileCursor,
  moveToLastLines,
} from '../../../../src/protocol/streams/file-tail/cursor.ts';
import { LogDecoder } from '../../../../src/protocol/streams/file-tail/decoder.ts';
import { FileTail } from '../../../../src/protocol/streams/file-tail/file-tail.ts';
import { cutMarker, LineSplitter, maxLineBytes } from '../../../../src/protocol/streams/file-tail/lines.ts';
import { logPath, openLog } from '../../../../src/protocol/streams/file-tail/open.ts';
import { createManualClock } from '../../../support/manual-clock.ts';
import { createMemoryLog } from '../../../support/memory-log.ts';
import { createMemoryMeter } from '../../../support/memory-meter.ts';
import { waitFor } from '../../../support/wait.ts';
import { heldOpen, setUpFolder, setUpTail } from './set-up.ts';

describe('FileTail', () => {
  it('starts with the last lines of the file and delivers those that follow', async (test) => {
    const { directory, write, append } = setUpFolder(test);
    write('one\ntwo\nthree\n');
    const { tail, look, heard } = setUpTail(test, directory);
    await tail.start();
    expect(tail.recent(2)).toEqual(['two', 'three']);
    expect(heard()).toEqual([]);
    append('four\nfive\n');
    expect(await look()).toEqual(['four', 'five']);
    expect(await look()).toEqual([]);
  });

  it('looks every 200 ms once started', async (test) => {
    const { directory, write, append } = setUpFolder(test);
    write('');
    const { tail, clock, heard } = setUpTail(test, directory);
    await tail.start();
    for (const line of ['a', 'b']) {
      // The look that brought the line before may not be over.
      await tail.poll();
      append(`${line}\n`);
      clock.advance(199);
      clock.advance(1);
      expect(await waitFor('the line', () => heard().at(0))).toBe(line);
    }
  });

  it('splits no line that the backlog ends within', async (test) => {
    const { directory, write, append } = setUpFolder(test);
    write('one\nhalf');
    const { tail, look } = setUpTail(test, directory);
    await tail.start();
    expect(tail.recent(10)).toEqual(['one']);
    append(' a line\r');
    expect(await look()).toEqual([]);
    append('\nnext\n');
    expect(await look()).toEqual(['half a line', 'next']);
  });

  it('gives a later viewer a backlog in step with the lines that follow', async (test) => {
    const { directory, write, append } = setUpFolder(test);
    write('1\n2\n3\n');
    const joins: string[][] = [];
    const { tail, look } = setUpTail(test, directory, {
      backlogLines: 3,
      onLines: () => void joins.push(tail.recent(10)),
    });
    await tail.start();
    append('4\n5');
    await look();
    append('\n6\n');
    expect(await look()).toEqual(['5', '6']);
    expect(joins).toEqual([
      ['2', '3', '4'],
      ['4', '5', '6'],
    ]);
    expect(tail.recent(0)).toEqual([]);
  });

  it('waits for a file that is missing, and delivers all of it', async (test) => {
    const { directory, write } = setUpFolder(test);
    const { tail, look, log } = setUpTail(test, directory, { backlogLines: 1 });
    await tail.start();
    expect([tail.recent(10), await look()]).toEqual([[], []]);
    write('first\nsecond\n');
    expect(await look()).toEqual(['first', 'second']);
    expect(log.entries).toEqual([]);
  });

  it('keeps a character whole that is split over two looks, and marks bytes that are no UTF-8', async (test) => {
    const { directory, write, append } = setUpFolder(test);
    write('');
    const { tail, look } = setUpTail(test, directory);
    await tail.start();
    const character = Buffer.from('𝄞');
    append(character.subarray(0, 2));
    expect(await look()).toEqual([]);
    append(character.subarray(2));
    append(Buffer.from([0xff, 0x0a]));
    expect(await look()).toEqual(['𝄞\u{FFFD}']);
  });

  it('cuts a line of 1 MB, counts that, and goes on after it', async (test) => {
    const { directory, write, append } = setUpFolder(test);
    write('');
    const { tail, look, meter } = setUpTail(test, directory);
    await tail.start();
    append(`before\n${'x'.repeat(1024 * 1024)}\nafter\n`);
    expect(await look()).toEqual(['before', `${'x'.repeat(maxLineBytes)}${cutMarker}`, 'after']);
    expect(meter.value('bff_rejected_total', { edge: 'log', reason: 'line_too_long' })).toBe(1);
  });

  it('lets one look run at a time', async (test) => {
    const { directory, write, append } = setUpFolder(test);
    write('one\n');
    const { tail, clock, heard } = setUpTail(test, directory);
    await tail.start();
    append('two\n');
    const look = tail.poll();
    clock.advance(1000);
    expect(tail.poll()).toBe(look);
    await look;
    expect(heard()).toEqual(['two']);
  });

  it('starts once, however many ask', async (test) => {
    const { directory, write } = setUpFolder(test);
    write('one\n');
    const { tail } = setUpTail(test, directory);
    const started = tail.start();
    expect(tail.start()).toBe(started);
    await started;
    expect(tail.recent(10)).toEqual(['one']);
  });

  it.each(['.', '..', '../engine', 'a/b', ''])('cannot be made for the name %j', (name) => {
    const [clock, log, meter] = [createManualClock(), createMemoryLog(), createMemoryMeter()];
    const listeners = { onLines: () => {}, onRotated: () => {}, onUnavailable: () => {} };
    const options = { directory: '/logs', name, backlogLines: 10, clock, log, meter, ...listeners };
    expect(() => new FileTail(options)).toThrow(RangeError);
  });
});

const mebibyte = 1024 * 1024;

/** What a tail of the log `engine` would start with. */
async function readLastLines(directory: string, count: number): Promise<string[]> {
  const opened = await openLog(logPath(directory, 'engine'));
  if (opened === undefined) return [];
  const cursor = new FileCursor(opened);
  const splitter = new LineSplitter();
  const lines: string[] = [];
  const window = createReadWindow();
  const decoder = new LogDecoder();
  await moveToLastLines(cursor, decoder, splitter, count);
  let reading = await cursor.read(window);
  for (; reading.kind === 'bytes'; reading = await cursor.read(window)) {
    for (const part of decoder.push(reading.bytes)) if (part !== 'hole') lines.push(...splitter.push(part));
  }
  await cursor.close();
  return count === 0 ? [] : lines.slice(-count);
}

describe('moveToLastLines', () => {
  it('gives the last lines of any file, as splitting all of it would', async (test) => {
    const { directory, write } = setUpFolder(test);
    // Lines around the length of the blocks read, so that line ends fall on their borders.
    const length = fc.oneof(
      fc.nat(3),
      fc.integer({ min: 65_530, max: 65_536 }),
      fc.integer({ min: 0, max: 30_000 }),
    );
    const text = fc.tuple(fc.array(length, { maxLength: 8 }), fc.constantFrom('', 'half'));
    await fc.assert(
      fc.asyncProperty(text, fc.nat(10), async ([lengths, last], count) => {
        const lines = lengths.map((size, index) => String(index % 10).repeat(size));
        write(lines.map((line) => `${line}\n`).join('') + last);
        const expected = count === 0 ? [] : lines.slice(-count);
        // Compared as one text: on a failure, a difference of long lists takes for ever to print.
        expect((await readLastLines(directory, count)).join('\n') === expected.join('\n')).toBe(true);
        const { tail } = setUpTail(test, directory, { backlogLines: count });
        await tail.start();
        expect(tail.recent(count).join('\n') === expected.join('\n')).toBe(true);
        await tail.stop();
      }),
      { numRuns: 60 },
    );
    expect(heldOpen(directory)).toEqual([]);
  });

  it('gives none for a file that is missing, empty, or without a line end', async (test) => {
    const { directory, write } = setUpFolder(test);
    expect(await readLastLines(directory, 10)).toEqual([]);
    write('');
    expect(await readLastLines(directory, 10)).toEqual([]);
    write('half');
    expect(await readLastLines(directory, 10)).toEqual([]);
  });

  it('cuts long lines, and trims CR LF', async (test) => {
    const { directory, write } = setUpFolder(test);
    write(`${'x'.repeat(mebibyte)}\r\nlast\r\n`);
    const cut = `${'x'.repeat(maxLineBytes)}${cutMarker}`;
    expect(await readLastLines(directory, 2)).toEqual([cut, 'last']);
  });

  it('looks no further back than 4 MiB', async (test) => {
    const { directory, write } = setUpFolder(test);
    write(`far\n${'x'.repeat(4 * mebibyte)}\nnear\n`);
    expect(await readLastLines(directory, 3)).toEqual(['near']);
  });

  it.for([5 * mebibyte, 100])(
    'starts at the start of a file of %i bytes that is truncated meanwhile',
    async (size, test) => {
      const { path, write, append } = setUpFolder(test);
      write(Buffer.alloc(size, 'x'));
      append('\n');
      const opened = await openLog(path);
      if (opened === undefined) throw new Error('not opened');
      class TruncatedMeanwhile extends FileCursor {
        override async size(): Promise<number> {
          const size = await super.size();
          truncateSync(path);
          return size;
        }
      }
      const cursor = new TruncatedMeanwhile(opened);
      test.onTestFinished(() => cursor.close());
      const splitter = new LineSplitter();
      await moveToLastLines(cursor, new LogDecoder(), splitter, 10);
      append('new\n');
      const reading = await cursor.read(createReadWindow());
      expect(reading.kind === 'bytes' && splitter.push(reading.bytes)).toEqual(['new']);
    },
  );
});

describe('FileTail, opened on a line whose beginning is out of reach', () => {
  it('delivers from the line after it on', async (test) => {
    const { directory, path, append } = setUpFolder(test);
    const file = openSync(path, 'w');
    writeSync(file, 'x'.repeat(5 * mebibyte));
    writeSync(file, 'end');
    closeSync(file);
    const { tail, look } = setUpTail(test, directory);
    await tail.start();
    expect(tail.recent(10)).toEqual([]);
    append(' of it\nnext\n');
    expect(await look()).toEqual(['next']);
  });
});
