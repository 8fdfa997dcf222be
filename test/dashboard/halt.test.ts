import { describe, expect, it } from 'vitest';
import { describeContradiction, describeHalt } from '../../src/dashboard/model/situation.ts';

const at = '2026-01-01T14:03:11.000Z';
const source = { status: 'fresh', since: at } as const;

describe('A halt in words', () => {
  it.each([
    [
      { by: 'ann', role: 'operator', reason: 'drill', at },
      'HALT',
      `Halted by ann (operator) at ${at}: drill`,
    ],
    [{ by: 'ann', at }, 'HALT', `Halted by ann at ${at}`],
    [{ role: 'operator', at }, 'HALT', `Halted by an operator at ${at}`],
    [{ role: 'viewer', at, reason: '' }, 'HALT', `Halted at ${at}`],
    [{}, 'HALT', 'Halted'],
    [{ by: 'ann', role: 'operator', at }, 'ACTIVE', `HALT by ann (operator) at ${at}`],
  ] as const)('of %j while the engine says %s', (halt, status, words) => {
    expect(describeHalt(halt, status)).toBe(words);
  });
});

describe('A contradiction in words', () => {
  it('names the command, and what the engine says', () => {
    expect(describeContradiction({ ...source, contradicted: true, halt: { at } }, 'ACTIVE')).toBe(
      'The engine acknowledged HALT, and says that it is ACTIVE: it may still be trading.',
    );
    expect(describeContradiction({ ...source, contradicted: true }, 'HALT')).toBe(
      'The engine acknowledged RESUME, and says that it is HALT: trading may still be halted.',
    );
    expect(describeContradiction({ ...source, contradicted: true }, null)).toMatch(
      /that it is something else/,
    );
  });

  it('is none where the engine does as it said', () => {
    expect(describeContradiction({ ...source, halt: { at } }, 'HALT')).toBeUndefined();
    expect(describeContradiction(undefined, 'HALT')).toBeUndefined();
  });
});
