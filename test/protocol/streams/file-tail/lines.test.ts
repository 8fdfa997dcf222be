import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutMarker, LineSplitter, maxLineBytes } from '../../../../src/protocol/streams/file-tail/lines.ts';

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
