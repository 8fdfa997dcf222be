import type { Cancel, Clock } from '../core/clock.ts';
import { Random } from './random.ts';

/** Publishes a body as JSON, and never fails. */
export type Emit = (channel: string, body: object) => void;

/** What the parts of the engine are made from. */
export interface PartOptions {
  seed: number;
  clock: Clock;
  /** 1: as often as people would see it; 10: ten times as often; 0: nothing happens by itself. */
  speed: number;
  emit: Emit;
}

/** Something that goes on by itself while the engine runs. Starting or stopping it twice does no harm. */
export class Part {
  readonly #begin: () => Cancel;
  #end: Cancel | undefined;

  /** @param begin called on start; what it returns is called on stop */
  constructor(begin: () => Cancel) {
    this.#begin = begin;
  }

  start(): void {
    this.#end ??= this.#begin();
  }

  stop(): void {
    this.#end?.();
    this.#end = undefined;
  }
}

/** Several parts as one. */
export function together(parts: readonly Part[]): Part {
  return new Part(() => {
    for (const part of parts) part.start();
    return () => {
      for (const part of parts) part.stop();
    };
  });
}

/** However fast the engine is told to be, no routine acts more often. */
const minGapMs = 5;

/**
 * Acts again and again after seeded gaps, never at speed 0. Stopped and started, it goes on where it was.
 *
 * @param name names the stream of random gaps: no two routines of an engine share one
 * @param meanMs from one act to the next at speed 1, on average; each gap is half to one and a half of it
 */
export function routine(
  name: string,
  meanMs: number,
  { seed, clock, speed }: Omit<PartOptions, 'emit'>,
  act: () => void,
): Part {
  const random = new Random(seed, `routine ${name}`);
  return new Part(() => {
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
