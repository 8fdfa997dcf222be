/**
 * Time that processes of one machine share: CLOCK_MONOTONIC, which `process.hrtime` reads. `performance.now()`
 * is the same clock from a start of its own, and needs no bigint for each reading.
 */
const startMs = Math.max(...Array.from({ length: 1000 }, readStart));

/** Too early by whatever comes between its two readings, milliseconds where the process has lost its core. */
function readStart(): number {
  return Number(process.hrtime.bigint()) / 1e6 - performance.now();
}

/** Milliseconds, with fractions, comparable between processes on Linux. */
export function monotonicMs(): number {
  return startMs + performance.now();
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
