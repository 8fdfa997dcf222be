import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPacket } from '../../src/client/server-packet.ts';
import { arbitraryJson } from '../support/arbitrary-json.ts';
import { granted } from './fake-gateway.ts';

const welcome = { type: 'WELCOME', seq: 1, epoch: 'e', granted, data: {} };

describe('readPacket', () => {
  it.each([
    welcome,
    { type: 'WELCOME', seq: 2, epoch: 'e', granted, base: 1, patch: {} },
    { type: 'TELEMETRY', seq: 1, data: {} },
    { type: 'TELEMETRY', seq: 1, data: {}, epoch: 'e', later: 'addition' },
    { type: 'DELTA', seq: 2, base: 1, patch: {}, append: { logs: { drop: 0, add: [] } } },
    { type: 'ACK', command: 'HALT', result: null },
    { type: 'ERROR', code: 'LIMIT', message: '' },
    { type: 'PONG', t: 1, server_time: '' },
  ])('takes a packet as it is: %j', (message) => {
    expect(readPacket(message)).toBe(message);
  });

  it.each([
    null,
    undefined,
    'text',
    [],
    {},
    { type: 1 },
    { ...welcome, seq: -1 },
    { ...welcome, seq: 1.5 },
    { ...welcome, epoch: undefined },
    { ...welcome, granted: undefined },
    { ...welcome, data: [] },
    { type: 'TELEMETRY', seq: 1, data: null },
    { type: 'TELEMETRY', seq: 1, data: {}, epoch: 7 },
    { type: 'DELTA', seq: 2, patch: {} },
    { type: 'DELTA', seq: 2, base: 1, patch: [] },
    { type: 'DELTA', seq: 2, base: 1, patch: {}, append: { logs: { drop: -1, add: [] } } },
    { type: 'DELTA', seq: 2, base: 1, patch: {}, append: { logs: { drop: 1 } } },
    { type: 'ACK', granted: 'all' },
    { type: 'ERROR', code: 'LIMIT' },
    { type: 'PONG', t: 'not what was sent' },
  ])('finds what is wrong: %j', (message) => {
    expect(readPacket(message)).toBe('malformed');
  });

  it('knows a type that it does not know, whatever its name', () => {
    for (const type of ['HELLO', '', 'constructor', '__proto__', 'toString']) {
      expect(readPacket({ type })).toBe('unknown');
    }
  });

  it('never throws', () => {
    const types = fc.constantFrom('WELCOME', 'TELEMETRY', 'DELTA', 'ACK', 'ERROR', 'PONG', 'other');
    fc.assert(
      fc.property(
        types,
        fc.dictionary(fc.constantFrom('seq', 'base', 'patch', 'append', 'data'), arbitraryJson),
        (type, body) => {
          expect(['object', 'string']).toContain(typeof readPacket({ type, ...body }));
        },
      ),
    );
  });
});
