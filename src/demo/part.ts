import type { Cancel, Clock } from '../core/clock.ts';
import type { Emit } from './publisher.ts';

/** Something that goes on by itself while the engine runs. Starting or stopping it twice does no harm. */
export interface Part {
  start(): void;
  stop(): void;
}

/** What the parts of the engine are made from. */
export interface PartOptions {
  seed: number;
  clock: Clock;
  /** 1: as often as people would see it; 10: ten times as often; 0: nothing happens by itself. */
  speed: number;
  emit: Emit;
}

/** Begins on start, and calls on stop what beginning returned. */
export function createPart(begin: () => Cancel): Part {
  let end: Cancel | undefined;
  return {
    start() {
      end ??= begin();
    },
    stop() {
      end?.();
      end = undefined;
    },
  };
}

/** Several parts as one. */
export function together(parts: readonly Part[]): Part {
  return createPart(() => {
    for (const part of parts) part.start();
    return () => {
      for (const part of parts) part.stop();
    };
  });
}
