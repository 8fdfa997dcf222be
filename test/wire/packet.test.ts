import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../src/core/json.ts';
import { readClientMessage } from '../../src/wire/packet.ts';
import { arbitraryJson } from '../support/arbitrary-json.ts';

describe('readClientMessage', () => {
  it('reads a keepalive, which has no t', () => {
    const message = readClientMessage({ type: 'PING' });
    expect(message).toEqual({ type: 'PING' });
    expect(message !== undefined && 't' in message).toBe(false);
  });

  it('keeps whatever t a ping carries, null and 0 too', () => {
    fc.assert(
      fc.property(arbitraryJson, (t) => {
        expect(readClientMessage({ type: 'PING', t })).toEqual({ type: 'PING', t });
      }),
    );
    expect(readClientMessage({ type: 'PING', t: null })).toEqual({ type: 'PING', t: null });
    expect(readClientMessage({ type: 'PING', t: 0 })).toEqual({ type: 'PING', t: 0 });
  });

  it('takes only what it knows from a message', () => {
    expect(readClientMessage({ type: 'PING', t: 1, role: 'operator', seq: 9 })).toEqual({
      type: 'PING',
      t: 1,
    });
  });

  it.each<[JsonValue]>([
    [null],
    [0],
    ['PING'],
    [[]],
    [['PING']],
    [[{ type: 'PING' }]],
    [{}],
    [{ type: null }],
    [{ type: 'ping' }],
    [{ type: 'PING ' }],
    [{ type: ['PING'] }],
    [{ type: { toString: 'PING' } }],
    [{ Type: 'PING' }],
    [{ type: 'toString' }],
    [{ type: 'WELCOME' }],
    [{ data: { type: 'PING' } }],
  ])('knows nothing of %j', (value) => {
    expect(readClientMessage(value)).toBe(undefined);
  });

  it('survives any JSON', () => {
    fc.assert(
      fc.property(arbitraryJson, (value) => {
        expect(readClientMessage(value)).toBe(undefined);
      }),
    );
  });
});
