import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageBook } from '../../../src/demo/metrics/usage-book.ts';
import { Workload } from '../../../src/demo/metrics/workload.ts';
import { Random } from '../../../src/demo/random.ts';

describe('Workload', () => {
  it('ends only tasks that it began, and runs at most six at a time', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const usage = new UsageBook().at(0);
        const workload = new Workload(new Random(seed));
        const told = { started: 0, completed: 0, failed: 0 };
        for (let act = 0; act < 1000; act += 1) {
          const [, what] = /^Task (started|completed|failed): /.exec(workload.act(usage) ?? '') ?? [];
          if (what === 'started' || what === 'completed' || what === 'failed') told[what] += 1;
          expect(workload.running).toBe(told.started - told.completed - told.failed);
          expect(workload.running).toBeGreaterThanOrEqual(0);
          expect(workload.running).toBeLessThanOrEqual(6);
        }
        expect(usage.counts).toMatchObject({ completed: told.completed, failed: told.failed });
        expect(told.completed).toBeGreaterThan(told.failed);
      }),
      { numRuns: 20 },
    );
  });
});
