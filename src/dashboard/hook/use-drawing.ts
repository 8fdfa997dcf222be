import { useEffect } from 'preact/hooks';
import { usePage } from './use-page.ts';

/**
 * Draws at an animation frame whenever something was recorded, and no more often than told. What came meanwhile is
 * drawn later: the recorder tells of each second.
 *
 * @param draw undefined: there is nothing to draw on yet
 */
export function useDrawing(draw: (() => void) | undefined, leastMs: number): void {
  const { recorder } = usePage();
  useEffect(() => {
    if (draw === undefined) return;
    let frame = 0;
    let drawnAt = Number.NEGATIVE_INFINITY;
    const onFrame = (now: number): void => {
      frame = 0;
      drawnAt = now;
      draw();
    };
    const schedule = (): void => {
      if (frame === 0 && performance.now() - drawnAt >= leastMs) frame = requestAnimationFrame(onFrame);
    };
    schedule();
    const leave = recorder.onChange(schedule);
    return () => {
      leave();
      cancelAnimationFrame(frame);
    };
  }, [draw, leastMs, recorder]);
}
