import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LogDecoder } from '../../../../src/protocol/streams/file-tail/decoder.ts';
import { LineSplitter } from '../../../../src/protocol/streams/file-tail/lines.ts';

/** The lines of a file that is read in these parts, with `null` where there is a hole. */
function linesOf(parts: readonly Buffer[], decoder = new LogDecoder()): (string | null)[] {
  const splitter = new LineSplitter();
  const lines: (string | null)[] = [];
  const take = (part: Buffer | 'hole'): void =>
    void (part === 'hole' ? lines.push(...splitter.flush(), null) : lines.push(...splitter.push(part)));
  for (const part of parts) for (const piece of decoder.push(part)) take(piece);
  for (const piece of decoder.flush()) take(piece);
  return [...lines, ...splitter.flush()];
}

const bytes = (...numbers: readonly number[]): Buffer => Buffer.from(numbers);
const little = (text: string): Buffer => Buffer.from(text, 'utf16le');
const big = (text: string): Buffer => little(text).swap16();
const mark = '\ufeff';
const hole = (length: number): Buffer => Buffer.alloc(length);

describe('The lines of a log', () => {
  it('are the same for any bytes, split at any places', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 6 }).map((some) => Buffer.from(some)),
      fc.constantFrom('a', 'é', '𝄞', mark, '\r', '\n', '\r\n', '\u001b[31m').map((text) => Buffer.from(text)),
      fc.constantFrom('a', 'Ċ', '\n', '\r', mark).chain((text) => fc.constantFrom(little(text), big(text))),
      fc.constantFrom(1, 2, 31, 32, 33, 200).map(hole),
      fc.constantFrom(70_000, 65_536).map((length) => Buffer.alloc(length, 'x')),
    );
    const start = fc
      .constantFrom('', mark)
      .chain((text) => fc.constantFrom(Buffer.from(text), little(text), big(text)));
    fc.assert(
      fc.property(
        start,
        fc.array(piece, { maxLength: 12 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        (first, rest, cuts) => {
          const whole = Buffer.concat([first, ...rest]);
          const bounds = [0, ...cuts.map((cut) => cut % (whole.length + 1)), whole.length].sort(
            (a, b) => a - b,
          );
          const parts = bounds.map((from, index) => whole.subarray(from, bounds[index + 1] ?? whole.length));
          expect(linesOf(parts)).toEqual(linesOf([whole]));
        },
      ),
      { numRuns: 1000 },
    );
    const everyByte = Buffer.concat([little(`${mark}é\r\n`), hole(40), little('x\n')]);
    expect(linesOf([...everyByte].map((byte) => bytes(byte)))).toEqual(linesOf([everyByte]));
  });

  it.for([
    ['UTF-8', Buffer.from(`${mark}Lévy\r\n𝄞\n`)],
    ['UTF-8 without a mark', Buffer.from('Lévy\r\n𝄞\n')],
    ['UTF-16LE', little(`${mark}Lévy\r\n𝄞\n`)],
    ['UTF-16BE', big(`${mark}Lévy\r\n𝄞\n`)],
  ] as const)('are read as people expect in %s', ([, file]) => {
    expect(linesOf([file])).toEqual(['Lévy', '𝄞']);
  });

  it('keep a mark that begins no file, and bytes that look like one', () => {
    expect(linesOf([Buffer.from(`a\n${mark}b\n`)])).toEqual(['a', `${mark}b`]);
    expect(linesOf([bytes(0xef, 0xbb)])).toEqual(['\ufffd']);
    expect(linesOf([bytes(0xff, 0x41, 0x0a)])).toEqual(['\ufffdA']);
  });

  it('leave a hole out and say so, and lose nothing of what follows', () => {
    expect(linesOf([hole(65_536), Buffer.from('new\nnext\n')])).toEqual([null, 'new', 'next']);
    expect(linesOf([Buffer.from('old\nhalf'), hole(65_536), Buffer.from('new\n')])).toEqual([
      'old',
      'half',
      null,
      'new',
    ]);
    expect(linesOf([hole(4), Buffer.from('new\n')])).toEqual(['new']);
    expect(linesOf([Buffer.from('a\0b\0\0c\n')])).toEqual(['a\0b\0\0c']);
  });

  it('are in the encoding that they were in, where a hole has taken the place of the mark', () => {
    const decoder = new LogDecoder();
    expect(linesOf([little(`${mark}old\n`)], decoder)).toEqual(['old']);
    expect(linesOf([hole(100), little('new\n')], decoder)).toEqual([null, 'new']);
  });

  it.for([
    ['10%\r20%\r30%\n', ['30%']],
    ['\r10%\r20%\ndone\n', ['20%', 'done']],
    ['10%\r\nnext\r\n', ['10%', 'next']],
    ['double\r\r\n', ['double']],
    ['\r\n\n', ['', '']],
    ['50%\r100%\r', ['100%']],
  ] as const)('are what was written over last: %j', ([text, lines]) => {
    expect(linesOf([Buffer.from(text)])).toEqual(lines);
  });

  it('hold no more of a progress bar than what stands there', () => {
    const splitter = new LineSplitter();
    for (let count = 0; count < 100_000; count += 1) splitter.push(Buffer.from(`\r${count} of 100000`));
    expect(splitter.standing()).toBe('99999 of 100000');
    expect(splitter.standing()).toBeUndefined();
    expect(splitter.push(Buffer.from('\n'))).toEqual([]);
    expect(splitter.push(Buffer.from('done\n'))).toEqual(['done']);
  });
});
