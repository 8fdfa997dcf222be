import { describe, expect, it } from 'vitest';
import { FileTail } from '../../../../src/protocol/streams/file-tail/file-tail.ts';
import { cutMarker, maxLineBytes } from '../../../../src/protocol/streams/file-tail/lines.ts';
import { createManualClock } from '../../../support/manual-clock.ts';
import { createMemoryLog } from '../../../support/memory-log.ts';
import { createMemoryMeter } from '../../../support/memory-meter.ts';
import { waitFor } from '../../../support/wait.ts';
import { setUpFolder, setUpTail } from './set-up.ts';

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
