import { decode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventEncoder, jsonEncoder, msgpackEncoder } from '../../src/encode/encoder.ts';
import { arbitraryJsonObject } from '../support/arbitrary-json.ts';
import { readWebSocketFrame } from '../support/packet-reader.ts';

const position = { epoch: 'cafe.0123', seq: 42 };

describe('Encoders', () => {
  it('make a WebSocket text frame of JSON', () => {
    expect(jsonEncoder({ a: 'ü' }, position).plain.toString('latin1')).toBe(
      `\x81\x0a${Buffer.from('{"a":"ü"}').toString('latin1')}`,
    );
  });

  it('make a WebSocket binary frame of MessagePack', () => {
    const frame = msgpackEncoder({ a: 1 }, position).plain;
    expect(frame.toString('hex')).toBe('820481a16101');
    expect(decode(frame.subarray(2))).toEqual({ a: 1 });
  });

  it('make a Server-Sent Event without a name, with the position as its id', () => {
    expect(eventEncoder({ type: 'TELEMETRY', seq: 42 }, position).plain.toString()).toBe(
      'id: cafe.0123-42\ndata: {"type":"TELEMETRY","seq":42}\n\n',
    );
  });

  it('never let a text of the packet end its event', () => {
    const text = 'a\nb\r\nc\u2028d\u2029e\n\ndata: f\rid: 1\0';
    const event = eventEncoder({ text }, position).plain.toString();
    // WHATWG HTML §9.2.6: lines end with LF, CR or both.
    const lines = event.split(/\r\n|\r|\n/);
    expect(lines).toEqual(['id: cafe.0123-42', `data: ${JSON.stringify({ text })}`, '', '']);
  });

  it('all say the same', () => {
    fc.assert(
      fc.property(arbitraryJsonObject, (packet) => {
        const asText = JSON.parse(JSON.stringify(packet));
        expect(readWebSocketFrame(jsonEncoder(packet, position).plain)).toEqual(asText);
        expect(readWebSocketFrame(msgpackEncoder(packet, position).plain)).toEqual(asText);
        const [, data = ''] = eventEncoder(packet, position).plain.toString().split('\n');
        expect(JSON.parse(data.replace(/^data: /, ''))).toEqual(asText);
      }),
      { numRuns: 200 },
    );
  });
});
