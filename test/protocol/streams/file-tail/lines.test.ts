import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutMarker, LineSplitter, maxLineBytes } from '../../../../src/protocol/streams/file-tail/lines.ts';
import { waitFor } from '../../../support/wait.ts';
import { setUpFolder, setUpTail } from './set-up.ts';

function setUp() {
  let cuts = 0;
  const splitter = new LineSplitter(() => {
    cuts += 1;
  });
  return {
    splitter,
    push: (text: string | Buffer) => splitter.push(Buffer.from(text)),
    get cuts() {
      return cuts;
    },
  };
}

/** Bytes a log may hold, fit to tear: characters of one to four bytes, CR, LF, and bytes that are no UTF-8. */
const logBytes = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom('a', 'é', '€', '𝄞', '\u{FEFF}', '\r', '\n', '\n', '\r\n') },
      { weight: 1, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 3 }) },
    ),
    { maxLength: 40 },
  )
  .map((parts) => Buffer.concat(parts.map((part) => Buffer.from(part))));

describe('LineSplitter', () => {
  it('gives the same lines however the bytes are split over reads', () => {
    fc.assert(
      fc.property(logBytes, fc.array(fc.nat(200)), (bytes, cutsAt) => {
        const { splitter, push } = setUp();
        const bounds = [0, ...cutsAt.filter((at) => at < bytes.length).sort((a, b) => a - b), bytes.length];
        const lines = bounds.flatMap((from, index) => push(bytes.subarray(from, bounds[index + 1])));
        const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
        // A CR begins the line anew: what counts is what was written last.
        const expected = text
          .split('\n')
          .map((line) => line.split('\r').findLast((part) => part !== '') ?? '');
        // What follows the last LF is a line only when there is something.
        if (text.endsWith('\n') || text === '') expected.pop();
        expect([...lines, ...splitter.flush()]).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('keeps a half-written line back until its newline', () => {
    const { push } = setUp();
    expect(push('half')).toEqual([]);
    expect(push(' a line')).toEqual([]);
    expect(push('\nnext')).toEqual(['half a line']);
  });

  it('does not depend on what becomes of the bytes it was given', () => {
    const { splitter } = setUp();
    const window = Buffer.from('half');
    splitter.push(window);
    window.fill('x');
    expect(splitter.push(Buffer.from('\n'))).toEqual(['half']);
  });

  it.each(['\n', '\r\n'])('delivers a line of 64 KiB whole, and cuts a longer one (ended by %j)', (end) => {
    const subject = setUp();
    const longest = 'x'.repeat(maxLineBytes);
    expect(subject.push(longest)).toEqual([]);
    expect(subject.push(end)).toEqual([longest]);
    expect(subject.push(`${longest}${end}`)).toEqual([longest]);
    expect(subject.cuts).toBe(0);
    expect(subject.push(`${longest}y${end}`)).toEqual([`${longest}${cutMarker}`]);
    expect(subject.cuts).toBe(1);
  });

  it('delivers the beginning of an endless line at once and drops the rest, and then goes on', () => {
    const subject = setUp();
    const part = 'x'.repeat(maxLineBytes);
    expect(subject.push(part)).toEqual([]);
    expect(subject.push(part)).toEqual([`${part}${cutMarker}`]);
    expect(subject.push(part)).toEqual([]);
    expect(subject.push(`end\nnext\n`)).toEqual(['next']);
    expect(subject.cuts).toBe(1);
  });

  it('does not count a CR that may belong to the line end as text over the bound', () => {
    const subject = setUp();
    const longest = 'x'.repeat(maxLineBytes);
    expect(subject.push(`${longest}\r`)).toEqual([]);
    expect(subject.push('more')).toEqual([]);
    expect(subject.push('\n')).toEqual(['more']);
  });

  it.each(['é', '€', '𝄞'])('cuts before a character, never within one: %s', (character) => {
    const { push } = setUp();
    const room = Buffer.byteLength(character) - 1;
    const text = 'x'.repeat(maxLineBytes - room);
    expect(push(`${text}${character}${character}\n`)).toEqual([`${text}${cutMarker}`]);
  });

  it('cuts at the bound where there is no character to keep whole', () => {
    const { push } = setUp();
    const [line = ''] = push(Buffer.alloc(maxLineBytes + 10, 0x80));
    expect(line).toBe(`${'\u{FFFD}'.repeat(maxLineBytes)}${cutMarker}`);
  });

  it('ends the line under way when its file ends, and starts afresh', () => {
    const { splitter, push } = setUp();
    push('last words\r');
    expect(splitter.flush()).toEqual(['last words']);
    expect(splitter.flush()).toEqual([]);
    push('x'.repeat(maxLineBytes + 1));
    expect(splitter.flush()).toEqual([]);
    expect(push('new\n')).toEqual(['new']);
  });
});

const mebibyte = 1024 * 1024;
const lineOf = (length: number): string => `${'x'.repeat(length - 1)}\n`;
/** 1 MiB in lines of 128 bytes. */
const block = Buffer.from(lineOf(128).repeat(mebibyte / 128));

/** Memory that JavaScript holds, in MiB, what is not yet collected included. */
function memory(): number {
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / mebibyte;
}

describe('FileTail, on large files', () => {
  it('opens a file of 100 MB by reading a few blocks of it', async (test) => {
    const { directory, append } = setUpFolder(test);
    for (let index = 0; index < 100; index += 1) append(block);
    const before = memory();
    for (let run = 0; run < 5; run += 1) {
      const { tail } = setUpTail(test, directory);
      await tail.start();
      expect(tail.recent(100)).toHaveLength(100);
      await tail.stop();
    }
    expect(memory() - before).toBeLessThan(30);
  });

  it('takes 200 MB written between two looks in bounded memory, giving way in between', async (test) => {
    const { directory, write, append } = setUpFolder(test);
    write('');
    let lines = 0;
    let most = 0;
    const { tail, heard } = setUpTail(test, directory, {
      onLines(batch) {
        lines += batch.length;
        most = Math.max(most, memory());
        heard();
      },
    });
    await tail.start();
    for (let index = 0; index < 200; index += 1) append(block);
    const before = memory();
    let looking = true;
    const look = tail.poll().then(() => {
      looking = false;
    });
    let turns = 0;
    for (; looking; turns += 1) await nextTurn();
    await look;
    expect(lines).toBe((200 * mebibyte) / 128);
    expect(most - before).toBeLessThan(100);
    // At least one turn for each chunk of 256 KiB.
    expect(turns).toBeGreaterThan(200 * 4);
  });

  it('reads no further while its listener asks it to wait', async (test) => {
    const { directory, write, append } = setUpFolder(test);
    write('');
    let batches = 0;
    let goOn = (): void => {};
    const { tail } = setUpTail(test, directory, {
      onLines() {
        batches += 1;
        return new Promise((resolve) => {
          goOn = resolve;
        });
      },
    });
    await tail.start();
    append(block);
    const look = tail.poll();
    for (let batch = 1; batch <= 4; batch += 1) {
      await waitFor('a batch', () => batches === batch);
      for (let turn = 0; turn < 100; turn += 1) await nextTurn();
      expect(batches).toBe(batch);
      goOn();
    }
    await look;
  });

  it('holds no more than one line of a file without line ends', async (test) => {
    const { directory, write, append } = setUpFolder(test);
    write('');
    const { tail, look } = setUpTail(test, directory);
    await tail.start();
    const endless = Buffer.alloc(mebibyte, 'x');
    for (let index = 0; index < 50; index += 1) append(endless);
    const before = memory();
    expect(await look()).toEqual([`${'x'.repeat(maxLineBytes)}${cutMarker}`]);
    append('\nnext\n');
    expect(await look()).toEqual(['next']);
    expect(memory() - before).toBeLessThan(30);
  });
});
