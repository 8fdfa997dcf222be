import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import {
  ConnectionLimits,
  connectionsPossible,
  type Place,
  type PlaceGiven,
} from '../../src/access/connection-limits.ts';

const limits = (options: Partial<ConstructorParameters<typeof ConnectionLimits>[0]> = {}) =>
  new ConnectionLimits({ maxConnections: 5, maxConnectionsPerIp: 2, operatorPlaces: 0, ...options });

const place = (group: string, options: Partial<Place> = {}) => ({
  group,
  isExempt: false,
  isOperator: false,
  ...options,
});

const admitted = (admission: PlaceGiven) => admission.ok;

describe('ConnectionLimits', () => {
  it('refuses an address over its own limit and lets others in', () => {
    const one = limits();
    expect(['192.0.2.1', '192.0.2.1'].map((address) => one.admit(place(address)).ok)).toEqual([true, true]);
    expect(one.admit(place('192.0.2.1'))).toEqual({ ok: false, reason: 'per_ip' });
    expect(one.admit(place('192.0.2.2')).ok).toBe(true);
  });

  it('refuses everyone at the total limit', () => {
    const one = limits();
    for (let host = 1; host <= 5; host += 1) expect(one.admit(place(`192.0.2.${host}`)).ok).toBe(true);
    expect(one.admit(place('192.0.2.6'))).toEqual({ ok: false, reason: 'total' });
    expect(one.admit(place('127.0.0.1'))).toEqual({ ok: false, reason: 'total' });
  });

  it('exempts from the limit of one address whom it is told to', () => {
    const one = limits();
    const exempt = [1, 2, 3].map(() => one.admit(place('127.0.0.1', { isExempt: true })).ok);
    expect(exempt).toEqual([true, true, true]);
    expect(one.admit(place('127.0.0.1')).ok).toBe(false);
  });

  it('keeps places for operators, whoever else has all the others', () => {
    const one = limits({ operatorPlaces: 2 });
    for (let host = 1; host <= 5; host += 1) one.admit(place(`192.0.2.${host}`));
    const operator = place('192.0.2.1', { isOperator: true });
    const first = one.admit(operator);
    expect([first.ok, one.admit(operator).ok]).toEqual([true, true]);
    expect(one.admit(operator)).toEqual({ ok: false, reason: 'operators' });
    expect(one.admit(place('192.0.2.9'))).toEqual({ ok: false, reason: 'total' });
    if (first.ok) first.release();
    expect(one.admit(operator).ok).toBe(true);
  });

  it('lets an operator in from an address that has too many', () => {
    const one = limits({ operatorPlaces: 1 });
    for (let time = 0; time < 2; time += 1) one.admit(place('192.0.2.1'));
    expect(one.admit(place('192.0.2.1', { isOperator: true })).ok).toBe(true);
    // Its place is one of all.
    expect([2, 3].map((host) => one.admit(place(`192.0.2.${host}`)).ok)).toEqual([true, true]);
    expect(one.admit(place('192.0.2.4'))).toEqual({ ok: false, reason: 'total' });
  });

  it('gives the place of one that was sent away to the operator that it made room for, and to nobody else', () => {
    const one = limits({ maxConnections: 2, operatorPlaces: 1 });
    const viewers = [1, 2].map((host) => one.admit(place(`192.0.2.${host}`)));
    one.admit(place('192.0.2.3', { isOperator: true }));
    const displacing = one.displace();
    const [first, second] = viewers;
    if (first?.ok !== true || second?.ok !== true) throw new Error('refused');
    first.release();
    expect(one.admit(place('192.0.2.4'))).toEqual({ ok: false, reason: 'total' });
    second.release();
    expect(one.admit(place('192.0.2.4')).ok).toBe(true);
    displacing.release();
    expect(one.admit(place('192.0.2.5')).ok).toBe(true);
    expect(one.admit(place('192.0.2.6'))).toEqual({ ok: false, reason: 'total' });
  });

  it('knows no bound where it is 0', () => {
    const one = limits({ maxConnections: 0, maxConnectionsPerIp: 0 });
    const admissions = Array.from({ length: 1000 }, () => one.admit(place('192.0.2.1')));
    expect(admissions.every(admitted)).toBe(true);
  });

  it('gives a place back once, however often it is released', () => {
    const one = limits();
    const first = one.admit(place('192.0.2.1'));
    one.admit(place('192.0.2.1'));
    if (!first.ok) throw new Error('refused');
    first.release();
    first.release();
    expect([one.admit(place('192.0.2.1')).ok, one.admit(place('192.0.2.1')).ok]).toEqual([true, false]);
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
          const admission = one.admit(place(`192.0.2.${address}`));
          expect(admission.ok).toBe(held.length < 5 && ofAddress < 2);
          if (admission.ok) held.push({ address, release: () => admission.release() });
        }
      }),
    );
  });
});

describe('connectionsPossible', () => {
  const folder = mkdtempSync(join(tmpdir(), 'telemetry-bff-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  function possible(line: string): number | undefined {
    const file = join(folder, 'limits');
    writeFileSync(file, `Limit  Soft Limit  Hard Limit  Units\n${line}\n`);
    return connectionsPossible(file);
  }

  it('leaves 200 of the soft limit for everything else', () => {
    expect(possible('Max open files            1024                 524288               files')).toBe(824);
  });

  it('leaves one place however low the limit is', () => {
    expect(possible('Max open files            64                   64                   files')).toBe(1);
  });

  it('does not know where there is no limit to be read', () => {
    expect(possible('Max open files            unlimited            unlimited            files')).toBe(
      undefined,
    );
    expect(connectionsPossible(join(folder, 'missing'))).toBe(undefined);
  });
});
