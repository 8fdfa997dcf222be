import { useEffect } from 'preact/hooks';
import type { Recorder } from '../model/recorder.ts';
import { usePage } from './use-page.ts';

/**
 * Runs a task at the next animation frame, and at no frame sooner than `leastMs` after the one before. The first
 * after a pause waits for nothing but its frame; in a tab that nobody sees none runs. What is asked for while one
 * waits is done with it.
 */
export class FramePace {
  readonly #leastMs: number;
  #ranAt = Number.NEGATIVE_INFINITY;
  #cancel: (() => void) | undefined;

  constructor(leastMs: number) {
    this.#leastMs = leastMs;
  }

  run(task: () => void): void {
    if (this.#cancel !== undefined) return;
    const waitMs = this.#ranAt + this.#leastMs - performance.now();
    if (waitMs <= 0) {
      this.#runAtFrame(task);
      return;
    }
    const timer = setTimeout(() => this.#runAtFrame(task), waitMs);
    this.#cancel = () => clearTimeout(timer);
  }

  /** Whatever waits will not run. */
  cancel(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #runAtFrame(task: () => void): void {
    const frame = requestAnimationFrame(() => {
      this.#cancel = undefined;
      this.#ranAt = performance.now();
      task();
    });
    this.#cancel = () => cancelAnimationFrame(frame);
  }
}

/**
 * Draws now and whenever something is recorded, at an animation frame, and no more often than told. What comes
 * meanwhile is drawn as soon as that has passed.
 */
export function drawEach(
  recorder: Pick<Recorder, 'onChange'>,
  draw: () => void,
  leastMs: number,
): () => void {
  const pace = new FramePace(leastMs);
  const schedule = (): void => pace.run(draw);
  schedule();
  const leave = recorder.onChange(schedule);
  return () => {
    leave();
    pace.cancel();
  };
}

/** @param draw undefined: there is nothing to draw on yet */
export function useDrawing(draw: (() => void) | undefined, leastMs: number): void {
  const { recorder } = usePage();
  useEffect(
    () => (draw === undefined ? undefined : drawEach(recorder, draw, leastMs)),
    [draw, leastMs, recorder],
  );
}
