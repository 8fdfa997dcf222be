import { processorTime } from '../machine.ts';
import { monotonicMs, pause } from '../monotonic.ts';

const lookEveryMs = 250;
/** Of such a time, at most so much on a processor: timers, and what follows a heartbeat. */
const restingMs = 5;
const timeoutMs = 10_000;

/** Waits until a server has nothing left to do, such as seeing off the clients of the run before. */
export async function untilAtRest(pid: number): Promise<void> {
  const until = monotonicMs() + timeoutMs;
  for (let before = processorTime(pid).cpuMs; monotonicMs() < until; ) {
    await pause(lookEveryMs);
    const now = processorTime(pid).cpuMs;
    if (now - before < restingMs) return;
    before = now;
  }
}
