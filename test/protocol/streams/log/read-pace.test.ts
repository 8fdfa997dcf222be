import { describe, expect, it } from 'vitest';
import { ReadPace } from '../../../../src/protocol/streams/log/log-feed.ts';
import { createManualClock } from '../../../support/manual-clock.ts';
import { settled } from '../../../support/wait.ts';

function setUp() {
  const clock = createManualClock();
  const pace = new ReadPace(clock, { bytes: 100, everyMs: 10 });
  const kept: number[] = [];
  return {
    clock,
    pace,
    kept,
    /** Whether there is anything to wait for. */
    wait(bytes: number): boolean {
      const wait = pace.took(bytes);
      void wait?.then(() => kept.push(clock.monotonic()));
      return wait !== undefined;
    },
  };
}

describe('ReadPace', () => {
  it('holds nobody back who reads less than may be read', () => {
    const { pace, clock } = setUp();
    for (let turn = 0; turn < 10; turn += 1) {
      expect(pace.took(60)).toBeUndefined();
      expect(pace.took(39)).toBeUndefined();
      clock.advance(10);
    }
  });

  it('holds a reader back until the rest of the interval is over, however much it took', async () => {
    const { clock, kept, wait } = setUp();
    wait(50);
    clock.advance(4);
    wait(500);
    clock.advance(5);
    await settled();
    expect(kept).toEqual([]);
    clock.advance(1);
    await settled();
    expect(kept).toEqual([10]);
    expect(wait(99)).toBe(false);
  });

  it('lets go of who waits when it is closed', async () => {
    const { clock, pace, kept, wait } = setUp();
    wait(100);
    pace.close();
    await settled();
    expect(kept).toEqual([0]);
    clock.advance(100);
    await settled();
    expect(kept).toEqual([0]);
  });
});
