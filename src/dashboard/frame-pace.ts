/**
 * Runs a task at the next animation frame, and at no frame sooner than `leastMs` after the one before. The first
 * after a pause waits for nothing but its frame; in a tab that nobody sees none runs.
 */
export function createFramePace(leastMs: number): (task: () => void) => void {
  let ranAt = Number.NEGATIVE_INFINITY;
  return (task) => {
    const onFrame = (): void => {
      ranAt = performance.now();
      task();
    };
    const waitMs = ranAt + leastMs - performance.now();
    if (waitMs <= 0) requestAnimationFrame(onFrame);
    else setTimeout(() => requestAnimationFrame(onFrame), waitMs);
  };
}
