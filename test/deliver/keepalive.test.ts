import { describe, expect, it } from 'vitest';
import { Keepalive, keepaliveDefaults } from '../../src/deliver/keepalive.ts';

const start = 1000;
const limits = { ...keepaliveDefaults, idleAfterMs: 90_000 };

describe('Keepalive', () => {
  it('bears a client that is heard of, writable and not idle', () => {
    const patience = new Keepalive(limits, start);
    for (let now = start; now < start + 600_000; now += 60_000) {
      patience.heard(now);
      expect(patience.endedBy(now + 59_999, now + 59_999)).toBeUndefined();
    }
  });

  it.each([
    ['silent', 75_000],
    ['idle', 90_000],
    ['slow', 30_000],
  ] as const)('ends with a client that is %s for %i ms, and not 1 ms before', (cause, ms) => {
    const patience = new Keepalive(limits, start);
    if (cause === 'slow') patience.blocked(start);
    const heardAt = (now: number) => (cause === 'silent' ? start : now);
    expect(patience.endedBy(start + ms - 1, heardAt(start + ms - 1))).toBeUndefined();
    expect(patience.endedBy(start + ms, heardAt(start + ms))).toBe(cause);
  });

  it('bears a client that need send nothing, whatever it does not say', () => {
    const patience = new Keepalive(keepaliveDefaults, start);
    expect(patience.endedBy(start + 1e9, start + 1e9)).toBeUndefined();
  });

  it('counts a client as blocked from the first refusal on', () => {
    const patience = new Keepalive(limits, start);
    patience.blocked(start);
    patience.blocked(start + 20_000);
    expect(patience.endedBy(start + 30_000, start + 30_000)).toBe('slow');
  });

  it.each([
    ['takes something, though not all', true, true, start + 50_000],
    ['takes all that there is', false, true, undefined],
    ['takes nothing', true, false, start + 30_000],
    ['lacks nothing', false, false, undefined],
  ] as const)(
    'after a new attempt of which a client %s, slow it is at %4$s',
    (_what, refuses, takes, slowAt) => {
      const patience = new Keepalive({ ...limits, idleAfterMs: Number.POSITIVE_INFINITY }, start);
      patience.blocked(start);
      patience.retry(() => {
        if (refuses) patience.blocked(start + 20_000);
        return takes;
      });
      const last = slowAt ?? start + 1e6;
      expect(patience.endedBy(last - 1, last - 1)).toBeUndefined();
      expect(patience.endedBy(last, last)).toBe(slowAt === undefined ? undefined : 'slow');
    },
  );

  it('asks for a sign of life once each interval', () => {
    const patience = new Keepalive(limits, start);
    const asked = Array.from({ length: 100 }, (_, second) => start + second * 1000).filter((now) =>
      patience.takeProbe(now),
    );
    expect(asked).toEqual([31_000, 61_000, 91_000]);
  });
});
