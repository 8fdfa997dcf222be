import { constants, inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Message } from '../../src/encode/message.ts';
import { framesOf, windowByTerms } from '../../src/transport/frames.ts';
import { textMessage } from '../support/messages.ts';

const tail = Buffer.from([0, 0, 0xff, 0xff]);
const text = (salt: number) => JSON.stringify({ seq: salt, data: { price: 450 + salt, note: 'the same' } });

const framesFor = (words: string, previous?: Message) => framesOf(textMessage(words, { previous }));

/** What a client reads from a compressed frame, whose window ends with `window`. */
function read(frame: Buffer, window?: string): string {
  const options = { finishFlush: constants.Z_SYNC_FLUSH };
  const dictionary = window === undefined ? {} : { dictionary: Buffer.from(window) };
  const length = frame[1] ?? 0;
  const payload = frame.subarray(length < 126 ? 2 : length === 126 ? 4 : 10);
  return inflateRawSync(Buffer.concat([payload, tail]), { ...options, ...dictionary }).toString();
}

describe('Frames of a message', () => {
  it('is compressed for those who were sent the message before, and for those who were not', () => {
    const first = textMessage(text(1));
    const second = framesFor(text(2), first);
    expect(second.base).toBe(first.id);
    expect(read(second.linked, text(1))).toBe(text(2));
    expect(read(second.alone(15))).toBe(text(2));
    expect(second.linked.length).toBeLessThan(second.alone(15).length);
  });

  it('reads as something else in any other window, which is why the window is always compared', () => {
    const second = framesFor(text(2), textMessage(text(1)));
    expect(read(second.linked, text(1).replaceAll('the same', 'TAMPERED'))).not.toBe(text(2));
  });

  it('says in its first byte what it is, and that it is compressed (RFC 7692 §6)', () => {
    const message = framesFor('text');
    expect([message.plain[0], message.linked[0], message.alone(15)[0]]).toEqual([0x81, 0xc1, 0xc1]);
  });

  it('are the same for all who ask', () => {
    const message = textMessage(text(1));
    const other = textMessage(text(2));
    const frames = framesOf(message);
    expect(framesOf(other)).not.toBe(frames);
    expect(framesOf(message)).toBe(frames);
    expect(frames.plain).toBe(frames.plain);
    expect(frames.plain).toHaveLength(frames.length);
  });

  it('are made once in each form', () => {
    const message = framesFor(text(2), textMessage(text(1)));
    expect(message.linked).toBe(message.linked);
    expect(message.alone(12)).toBe(message.alone(12));
    expect(message.alone(12)).not.toBe(message.alone(15));
  });

  it('is linked to nothing that is longer than a window', () => {
    expect(framesFor('x', textMessage('y'.repeat(32 * 1024))).base).toBeGreaterThan(0);
    expect(framesFor('x', textMessage('y'.repeat(32 * 1024 + 1))).base).toBe(0);
  });

  it('refers back no further than a window of the size asked for', () => {
    // What repeats does so at a distance of 3,000 bytes: within reach of 12 bits, and not of 9.
    const block = Array.from({ length: 600 }, (_, index) => `${(index * 7919) % 10_007}`).join(',');
    const message = framesFor(block.repeat(4));
    expect(message.alone(12).length).toBeLessThan(0.5 * message.alone(9).length);
    for (const bits of [9, 12, 15]) expect(read(message.alone(bits))).toBe(block.repeat(4));
  });

  it('reads as it was written, whatever is in it and before it', () => {
    const arbitraryText = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.tuple(fc.string({ minLength: 1, maxLength: 8 }), fc.nat(20_000)).map(([unit, n]) => unit.repeat(n)),
    );
    fc.assert(
      fc.property(arbitraryText, arbitraryText, fc.integer({ min: 9, max: 15 }), (before, now, bits) => {
        // A lone surrogate is no text: what is sent of it is what UTF-8 makes of it.
        const [previous, current] = [before.toWellFormed(), now.toWellFormed()];
        const message = framesFor(current, textMessage(previous));
        expect(read(message.linked, message.base === 0 ? undefined : previous)).toBe(current);
        expect(read(message.alone(bits))).toBe(current);
      }),
      { numRuns: 100 },
    );
  });
});

describe('CompressionWindow', () => {
  const message1 = textMessage('{"price":1}');
  const message2 = textMessage('{"price":2}', { previous: message1 });
  const message3 = textMessage('{"price":3}', { previous: message2 });
  const [first, second, third] = [framesOf(message1), framesOf(message2), framesOf(message3)];

  it('takes the linked form exactly when the message before was sent last', () => {
    const window = windowByTerms('permessage-deflate; client_no_context_takeover');
    expect(window?.take(second)).toBe(second.alone(15));
    expect(window?.take(third)).toBe(third.linked);
    expect(window?.take(second)).toBe(second.alone(15));
  });

  it('takes nothing for granted of a client that missed a message, or was sent another one since', () => {
    const missed = windowByTerms('permessage-deflate');
    missed?.take(first);
    expect(missed?.take(third)).toBe(third.alone(15));
    const other = windowByTerms('permessage-deflate');
    other?.take(first);
    other?.take(framesOf(textMessage('{"welcome":true}')));
    expect(other?.take(second)).toBe(second.alone(15));
  });

  it.each([
    ['permessage-deflate; server_no_context_takeover', 15],
    ['permessage-deflate; server_max_window_bits=12', 12],
    ['permessage-deflate; server_max_window_bits=9; client_no_context_takeover', 9],
    ['permessage-deflate; server_no_context_takeover; server_max_window_bits=10', 10],
  ] as const)('compresses each message by itself by the terms "%s"', (terms, bits) => {
    const window = windowByTerms(terms);
    for (const message of [first, second, third]) expect(window?.take(message)).toBe(message.alone(bits));
  });

  it('shares a window that the client named to be the largest there is', () => {
    const window = windowByTerms('permessage-deflate; server_max_window_bits=15');
    window?.take(first);
    expect(window?.take(second)).toBe(second.linked);
  });

  it.each(['', 'permessage-deflate; server_max_window_bits=8', 'x-webkit-deflate-frame'])(
    'compresses nothing by the terms "%s"',
    (terms) => expect(windowByTerms(terms)).toBeUndefined(),
  );
});
