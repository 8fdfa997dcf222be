import type { Cancel } from '../core/clock.ts';
import { createPart, type Part, type PartOptions } from './part.ts';
import { createRandom } from './random.ts';

export interface RoutineOptions extends Pick<PartOptions, 'seed' | 'clock' | 'speed'> {
  /** Names the stream of random gaps: no two routines of an engine share one. */
  name: string;
  /** Milliseconds from one act to the next at speed 1, on average; each gap is half to one and a half of it. */
  meanMs: number;
  act: () => void;
}

/** However fast the engine is told to be, no routine acts more often. */
const minGapMs = 5;

/** Acts again and again after seeded gaps, never at speed 0. Stopped and started, it goes on where it was. */
export function createRoutine({ seed, clock, speed, name, meanMs, act }: RoutineOptions): Part {
  const random = createRandom(seed, `routine ${name}`);
  return createPart(() => {
    let cancel: Cancel = () => {};
    function next(): void {
      const gapMs = Math.max(minGapMs, (meanMs * random.between(0.5, 1.5)) / speed);
      cancel = clock.after(gapMs, () => {
        next();
        act();
      });
    }
    if (speed > 0) next();
    return () => cancel();
  });
}
