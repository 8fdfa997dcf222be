import { decode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../src/core/json.ts';
import { parseUntrusted } from '../../src/core/untrusted-json.ts';
import { eventEncoding, jsonEncoding, msgpackEncoding, pack } from '../../src/encode/encoding.ts';
import { arbitraryJson, arbitraryJsonObject } from '../support/arbitrary-json.ts';

describe('Encodings', () => {
  it('make a text of JSON', () => {
    expect([jsonEncoding.isBinary, jsonEncoding.encode({ a: 'ü' }).toString()]).toEqual([false, '{"a":"ü"}']);
  });

  it('make bytes of MessagePack', () => {
    const bytes = msgpackEncoding.encode({ a: 1 });
    expect([msgpackEncoding.isBinary, bytes.toString('hex')]).toEqual([true, '81a16101']);
    expect(decode(bytes)).toEqual({ a: 1 });
  });

  it('make a text of the data alone, for transports that say which event it is', () => {
    expect(eventEncoding.isBinary).toBe(false);
    expect(eventEncoding.encode({ type: 'news', data: { a: 'ü' } }).toString()).toBe('{"a":"ü"}');
    expect(eventEncoding.encode({ type: 'news' }).toString()).toBe('null');
  });

  it('say the same', () => {
    fc.assert(
      fc.property(arbitraryJsonObject, (packet) => {
        const asText = JSON.parse(JSON.stringify(packet));
        expect(JSON.parse(jsonEncoding.encode(packet).toString())).toEqual(asText);
        expect(decode(msgpackEncoding.encode(packet))).toEqual(asText);
      }),
      { numRuns: 200 },
    );
  });

  it('leave what they made before as it is', () => {
    const first = msgpackEncoding.encode({ text: 'a'.repeat(100) });
    const before = first.toString('hex');
    for (let count = 0; count < 1000; count += 1) msgpackEncoding.encode({ text: 'b'.repeat(100), count });
    expect(first.toString('hex')).toBe(before);
  });
});

const roundTrip = (value: JsonValue): unknown => decode(pack(value));

describe('pack, read by another decoder', () => {
  it('says the same as JSON text, for any document', () => {
    fc.assert(
      fc.property(arbitraryJson, (value) => {
        expect(roundTrip(value)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: 500 },
    );
  });

  it('keeps any number to the last bit, and any text', () => {
    const leaf = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.maxSafeInteger(),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(fc.array(leaf), (leaves) => {
        expect(roundTrip(leaves)).toEqual(JSON.parse(JSON.stringify(leaves)));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    0,
    -0,
    1,
    -1,
    127,
    128,
    -32,
    -33,
    255,
    256,
    65_535,
    65_536,
    2 ** 31,
    -(2 ** 31),
    2 ** 32,
    2 ** 53 - 1,
    -(2 ** 53 - 1),
    1_700_000_000_000,
    0.1,
    1e-300,
    1e300,
    5e-324,
  ])('keeps %d a number', (number) => {
    const back = roundTrip({ number });
    expect(back).toEqual({ number: number === 0 ? 0 : number });
  });

  it.each([15, 16, 31, 32, 255, 256, 65_535, 65_536])('keeps maps, arrays and texts of %i', (size) => {
    const map = Object.fromEntries(Array.from({ length: size }, (_, index) => [`k${index}`, index]));
    const array = Array.from({ length: size }, (_, index) => index);
    const text = 'ü'.repeat(size);
    expect(roundTrip({ map, array, text })).toEqual({ map, array, text });
  });

  it('writes a map of 15 keys as a fixmap, with no extension type anywhere', () => {
    expect(Buffer.from(pack({ a: 1, b: [true, null] })).toString('hex')).toBe('82a16101a16292c3c0');
    const rows = Array.from({ length: 50 }, (_, index) => ({ name: `n${index}`, value: index }));
    expect(roundTrip({ rows })).toEqual({ rows });
  });

  it('does not remember one document in the next: each stands alone', () => {
    const shape = { market: { price: 1, alpha: 2 } };
    const first = Buffer.from(pack(shape));
    for (let count = 0; count < 100; count += 1) pack(shape);
    expect(Buffer.from(pack(shape)).equals(first)).toBe(true);
  });

  it('leaves bytes it gave out alone', () => {
    const first = pack({ a: 'first' });
    for (let count = 0; count < 1000; count += 1) pack({ b: 'x'.repeat(100) });
    expect(decode(first)).toEqual({ a: 'first' });
  });

  it.each([
    '"\\ud800"',
    '"x\\udfffy"',
    `"${'x'.repeat(100)}\\ud83d"`,
    '["\\ud83d\\ude00 \\ude00\\ud83d"]',
    '{"half \\ud83d of a key":1}',
  ])('writes valid UTF-8 of whatever was let in, halves of pairs too: %s', (text) => {
    const parsed = parseUntrusted(text, { nonFinite: 'null' });
    // Half of a pair in a key is refused: two keys could become one.
    if (!parsed.ok) {
      expect(parsed.reason).toBe('forbidden_key');
      return;
    }
    // A strict decoder refuses the whole message for one such text.
    const bytes = Buffer.from(pack(parsed.value)).toString('latin1');
    expect(bytes).not.toMatch(/\xed[\xa0-\xbf][\x80-\xbf]/);
  });

  it.each<JsonObject>([
    { toJSON: 'x', length: 3, hasOwnProperty: 1, size: 2 },
    { inner: { constructor: 'x', prototype: 1 } },
  ])('packs members called by names of its own like any other: %j', (odd) => {
    expect(roundTrip(odd)).toEqual(odd);
  });

  it('packs any object of sections', () => {
    fc.assert(
      fc.property(arbitraryJsonObject, (object) => {
        expect(roundTrip(object)).toEqual(JSON.parse(JSON.stringify(object)));
      }),
    );
  });
});
