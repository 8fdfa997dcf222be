import { afterEach, describe, expect, it, vi } from 'vitest';
import { startGateway } from '../support/gateway.ts';
import { startSymbolEngine } from '../support/symbol-engine.ts';
import { useIn, waitFor } from '../support/wait.ts';

const periodMs = 1000;
/** Timers of a busy test process are late. */
const slackMs = 700;

/** Sets the wall clock of this process forward, or back where `ms` is negative. */
function setWallClockBy(ms: number): void {
  const Real = Date;
  vi.stubGlobal(
    'Date',
    class extends Real {
      constructor(...given: [] | [number]) {
        super(...((given.length === 0 ? [Real.now() + ms] : given) as [number]));
      }
      static override now(): number {
        return Real.now() + ms;
      }
    },
  );
}

describe('Where the wall clock is set', () => {
  afterEach(() => void vi.unstubAllGlobals());

  it.for([-30_000, 3_600_000, -86_400_000])(
    'by %d ms, at most two periods pass without a poll',
    async (jump, test) => {
      const engine = await useIn(test, startSymbolEngine());
      await useIn(test, startGateway({ engine: false, settings: { ENGINE_URL: engine.url } }));
      await waitFor('the first poll', () => engine.requests('') > 0);
      for (const by of [jump, -jump]) {
        setWallClockBy(by);
        for (let poll = 0; poll < 3; poll++) {
          const before = engine.requests('');
          const askedAt = performance.now();
          await waitFor('the next poll', () => engine.requests('') > before);
          expect(performance.now() - askedAt).toBeLessThanOrEqual(2 * periodMs + slackMs);
        }
      }
    },
  );
});
