import { describe, expect, it } from 'vitest';
import { problemTable } from '../../src/core/errors.ts';
import { usualCloses } from '../../src/deliver/closes.ts';
import { errorCloses } from '../../src/protocol/streams/packets.ts';

const causes = Object.keys(usualCloses);
const all = [...Object.values(usualCloses), ...Object.values(errorCloses)];

describe('close causes', () => {
  it('of the core are these five', () => {
    expect(causes.sort()).toEqual(['idle', 'rateLimited', 'shutdown', 'slow', 'tokenExpired']);
  });

  it('are told by their own names', () => {
    for (const [cause, { reason }] of Object.entries(usualCloses)) expect(reason).toBe(cause);
  });

  it('and the ends that one dialect knows are told in camel case, short enough for a close frame', () => {
    for (const { reason } of all) {
      expect(reason).toMatch(/^[a-z]+([A-Z][a-z]+)*$/);
      expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123);
    }
  });

  it('have codes that a server may send (RFC 6455 §7.4), one for each reason', () => {
    const codes = new Map<string, number>();
    for (const { code, reason } of all) {
      expect([1001, 1008, 1013].includes(code) || (code >= 4000 && code < 5000)).toBe(true);
      expect(codes.get(reason) ?? code).toBe(code);
      codes.set(reason, code);
    }
  });

  it('share no name with a problem code: the two families answer different questions', () => {
    const codes = new Set(Object.keys(problemTable).map((code) => code.replaceAll('_', '').toLowerCase()));
    for (const { reason } of all) expect(codes.has(reason.toLowerCase())).toBe(false);
  });
});
