import { describe, expect, it } from 'vitest';
import { RefusalBudget } from '../../src/core/token-bucket.ts';
import { maxEventMembers, parseUntrusted } from '../../src/core/untrusted-json.ts';

/** Of so many members and items, the half of them one level down. */
const textOf = (count: number): string => {
  const inner = Math.floor(count / 2);
  const members = Array.from({ length: count - inner - 1 }, (_, index) => `"k${index}":0`);
  return `{"items":[${Array.from({ length: inner }, () => 0).join(' , ')}],${members.join(',')}}`;
};

describe('parseUntrusted of a text with a great many keys', () => {
  it('takes 20,000 members and items at all depths together, and refuses one more', () => {
    expect(parseUntrusted(textOf(20_000), { nonFinite: 'null' }).ok).toBe(true);
    expect(parseUntrusted(textOf(20_001), { nonFinite: 'null' })).toEqual({
      ok: false,
      reason: 'too_many',
      detail: 'more than 20000 members and items',
    });
  });

  it('takes as many of an event as it is told to', () => {
    const options = { nonFinite: 'null', maxMembers: maxEventMembers } as const;
    expect(parseUntrusted(textOf(5000), options).ok).toBe(true);
    expect(parseUntrusted(textOf(5001), options)).toMatchObject({ ok: false, reason: 'too_many' });
  });

  it('refuses them before it is known whether they are JSON', () => {
    expect(parseUntrusted(`[${'0,'.repeat(30_000)}`, { nonFinite: 'null' })).toMatchObject({
      reason: 'too_many',
    });
  });
});

describe('RefusalBudget', () => {
  it('lets long messages be refused unread where too much was read for nothing, until that is over', () => {
    const budget = new RefusalBudget();
    const long = 1024 * 1024;
    for (let message = 0; message < 3; message += 1) budget.spend(long, 0);
    expect([budget.admits(long, 0), budget.admits(17_000, 0)]).toEqual([false, false]);
    expect([budget.admits(long, 400), budget.admits(long, 600)]).toEqual([false, true]);
  });

  it('lets short ones always be read', () => {
    const budget = new RefusalBudget();
    for (let message = 0; message < 1000; message += 1) budget.spend(1024 * 1024, 0);
    expect(budget.admits(16 * 1024, 0)).toBe(true);
  });
});
