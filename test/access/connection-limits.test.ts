import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import {
  ConnectionLimits,
  connectionsPossible,
  type HeldPlace,
  type NoPlace,
  openFilesFor,
  type PlaceRequest,
  withinOpenFiles,
} from '../../src/access/connection-limits.ts';

const limits = (options: Partial<ConstructorParameters<typeof ConnectionLimits>[0]> = {}) =>
  new ConnectionLimits({ maxConnections: 5, maxConnectionsPerIp: 2, operatorPlaces: 0, ...options });

const place = (group: string, options: Partial<PlaceRequest> = {}) => ({
  group,
  isExempt: false,
  isOperator: false,
  ...options,
});

const admitted = (given: HeldPlace | NoPlace | undefined): given is HeldPlace => typeof given === 'object';

describe('ConnectionLimits', () => {
  it('refuses an address over its own limit and lets others in', () => {
    const one = limits();
    expect(['192.0.2.1', '192.0.2.1'].map((address) => admitted(one.admit(place(address))))).toEqual([
      true,
      true,
    ]);
    expect(one.admit(place('192.0.2.1'))).toBe('per_ip');
    expect(admitted(one.admit(place('192.0.2.2')))).toBe(true);
  });

  it('refuses everyone at the total limit', () => {
    const one = limits();
    for (let host = 1; host <= 5; host += 1) expect(admitted(one.admit(place(`192.0.2.${host}`)))).toBe(true);
    expect(one.admit(place('192.0.2.6'))).toBe('total');
    expect(one.admit(place('127.0.0.1'))).toBe('total');
  });

  it('exempts from the limit of one address whom it is told to', () => {
    const one = limits();
    const exempt = [1, 2, 3].map(() => admitted(one.admit(place('127.0.0.1', { isExempt: true }))));
    expect(exempt).toEqual([true, true, true]);
    expect(admitted(one.admit(place('127.0.0.1')))).toBe(false);
  });

  it('keeps places for operators, whoever else has all the others', () => {
    const one = limits({ operatorPlaces: 2 });
    for (let host = 1; host <= 5; host += 1) one.admit(place(`192.0.2.${host}`));
    const operator = place('192.0.2.1', { isOperator: true });
    const first = one.admit(operator);
    expect([admitted(first), admitted(one.admit(operator))]).toEqual([true, true]);
    expect(one.admit(operator)).toBe('operators');
    expect(one.admit(place('192.0.2.9'))).toBe('total');
    if (admitted(first)) first.release();
    expect(admitted(one.admit(operator))).toBe(true);
  });

  it('lets an operator in from an address that has too many', () => {
    const one = limits({ operatorPlaces: 1 });
    for (let time = 0; time < 2; time += 1) one.admit(place('192.0.2.1'));
    expect(admitted(one.admit(place('192.0.2.1', { isOperator: true })))).toBe(true);
    // Its place is one of all.
    expect([2, 3].map((host) => admitted(one.admit(place(`192.0.2.${host}`))))).toEqual([true, true]);
    expect(one.admit(place('192.0.2.4'))).toBe('total');
  });

  it('gives the place of one that was sent away to the operator that it made room for, and to nobody else', () => {
    const one = limits({ maxConnections: 2, operatorPlaces: 1 });
    const viewers = [1, 2].map((host) => one.admit(place(`192.0.2.${host}`)));
    one.admit(place('192.0.2.3', { isOperator: true }));
    const displacing = one.displace();
    const [first, second] = viewers;
    if (!admitted(first) || !admitted(second)) throw new Error('refused');
    first.release();
    expect(one.admit(place('192.0.2.4'))).toBe('total');
    second.release();
    expect(admitted(one.admit(place('192.0.2.4')))).toBe(true);
    displacing.release();
    expect(admitted(one.admit(place('192.0.2.5')))).toBe(true);
    expect(one.admit(place('192.0.2.6'))).toBe('total');
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
    if (!admitted(first)) throw new Error('refused');
    first.release();
    first.release();
    expect([admitted(one.admit(place('192.0.2.1'))), admitted(one.admit(place('192.0.2.1')))]).toEqual([
      true,
      false,
    ]);
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
          expect(admitted(admission)).toBe(held.length < 5 && ofAddress < 2);
          if (admitted(admission)) held.push({ address, release: () => admission.release() });
        }
      }),
    );
  });
});

const folder = mkdtempSync(join(tmpdir(), 'telemetry-bff-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A file as Linux has it for each process. */
function limitsFile(line: string): string {
  const file = join(folder, 'limits');
  writeFileSync(file, `Limit  Soft Limit  Hard Limit  Units\n${line}\n`);
  return file;
}

describe('openFilesFor', () => {
  it('says the least limit within which all the connections fit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.boolean(), (wanted, authEnabled) => {
        const files = openFilesFor(wanted, authEnabled);
        const fitting = (limit: number): number =>
          withinOpenFiles(wanted, authEnabled, limitsFile(`Max open files   ${limit}   ${limit}   files`));
        expect(fitting(files)).toBe(wanted);
        if (wanted > 1) expect(fitting(files - 1)).toBe(wanted - 1);
      }),
    );
  });
});

describe('connectionsPossible', () => {
  const possible = (line: string): number | undefined => connectionsPossible(limitsFile(line));

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
