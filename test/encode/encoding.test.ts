import { decode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonEncoding, msgpackEncoding } from '../../src/encode/encoding.ts';
import { arbitraryJsonObject } from '../support/arbitrary-json.ts';

describe('Encodings', () => {
  it('make a text of JSON', () => {
    expect([jsonEncoding.isBinary, jsonEncoding.encode({ a: 'ü' }).toString()]).toEqual([false, '{"a":"ü"}']);
  });

  it('make bytes of MessagePack', () => {
    const bytes = msgpackEncoding.encode({ a: 1 });
    expect([msgpackEncoding.isBinary, bytes.toString('hex')]).toEqual([true, '81a16101']);
    expect(decode(bytes)).toEqual({ a: 1 });
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
