import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Admission, ConnectionLimits } from '../../src/access/connection-limits.ts';

const limits = (options: Partial<ConstructorParameters<typeof ConnectionLimits>[0]> = {}) =>
  new ConnectionLimits({ maxConnections: 5, maxConnectionsPerIp: 2, exemptLoopback: true, ...options });

const admitted = (admission: Admission) => admission.ok;

describe('ConnectionLimits', () => {
  it('refuses an address over its own limit and lets others in', () => {
    const one = limits();
    expect(['192.0.2.1', '192.0.2.1'].map((address) => one.admit(address).ok)).toEqual([true, true]);
    expect(one.admit('192.0.2.1')).toEqual({ ok: false, reason: 'per_ip' });
    expect(one.admit('192.0.2.2').ok).toBe(true);
  });

  it('refuses everyone at the total limit', () => {
    const one = limits();
    for (let host = 1; host <= 5; host += 1) expect(one.admit(`192.0.2.${host}`).ok).toBe(true);
    expect(one.admit('192.0.2.6')).toEqual({ ok: false, reason: 'total' });
    expect(one.admit('127.0.0.1')).toEqual({ ok: false, reason: 'total' });
  });

  it('exempts loopback from the limit of one address, as told', () => {
    const addresses = ['127.0.0.1', '127.0.0.1', '127.0.0.1'];
    const exempt = limits();
    expect(addresses.map((address) => exempt.admit(address).ok)).toEqual([true, true, true]);
    const bounded = limits({ exemptLoopback: false });
    expect(addresses.map((address) => bounded.admit(address).ok)).toEqual([true, true, false]);
  });

  it('knows no bound where it is 0', () => {
    const one = limits({ maxConnections: 0, maxConnectionsPerIp: 0 });
    const admissions = Array.from({ length: 1000 }, () => one.admit('192.0.2.1'));
    expect(admissions.every(admitted)).toBe(true);
  });

  it('gives a place back once, however often it is released', () => {
    const one = limits();
    const first = one.admit('192.0.2.1');
    one.admit('192.0.2.1');
    if (!first.ok) throw new Error('refused');
    first.release();
    first.release();
    expect([one.admit('192.0.2.1').ok, one.admit('192.0.2.1').ok]).toEqual([true, false]);
  });

  it('never holds more than its bounds, and forgets nothing, in any order of coming and going', () => {
    const move = fc.record({ address: fc.nat({ max: 3 }), leave: fc.boolean() });
    fc.assert(
      fc.property(fc.array(move, { maxLength: 200 }), (moves) => {
        const one = limits();
        const held: { address: number; release: () => void }[] = [];
        for (const { address, leave } of moves) {
          if (leave) {
            held.shift()?.release();
            continue;
          }
          const ofAddress = held.filter((place) => place.address === address).length;
          const admission = one.admit(`192.0.2.${address}`);
          expect(admission.ok).toBe(held.length < 5 && ofAddress < 2);
          if (admission.ok) held.push({ address, release: admission.release });
        }
      }),
    );
  });
});
