import type { DemoLog } from './demo-log.ts';
import { messageOf } from './demo-log.ts';
import type { Outage } from './fault.ts';
import type { Listener } from './listener.ts';

/** Another program may have taken the port meanwhile. */
const retryMs = 500;

interface Running {
  endsAtMs: number;
  timer: NodeJS.Timeout;
}

/** The `stop` fault: the listener closes for a while, then opens again on its port. */
export function createOutage(listener: Listener, log: DemoLog): Outage & { cancel(): void } {
  let current: Running | undefined;

  function cancel(): void {
    clearTimeout(current?.timer);
    current = undefined;
  }

  /** Opening takes a moment, in which this outage may be cancelled or give way to another. */
  function reopen(outage: Running): void {
    clearTimeout(outage.timer);
    listener.open().then(
      (port) => {
        if (current !== outage) return;
        current = undefined;
        log.info({ port }, 'demo engine listens again');
      },
      (error: unknown) => {
        if (current !== outage) return;
        log.warn({ error: messageOf(error) }, 'demo engine cannot listen yet');
        outage.timer = setTimeout(() => reopen(outage), retryMs);
      },
    );
  }

  return {
    cancel,
    begin(durationMs) {
      cancel();
      const outage: Running = {
        endsAtMs: performance.now() + durationMs,
        timer: setTimeout(() => reopen(outage), durationMs),
      };
      current = outage;
      listener.close().then(
        () => log.info({ durationMs }, 'demo engine stopped listening'),
        (error: unknown) => log.warn({ error: messageOf(error) }, 'demo engine could not stop listening'),
      );
    },
    end() {
      if (current !== undefined) reopen(current);
    },
    remainingMs: () => current && Math.max(0, current.endsAtMs - performance.now()),
  };
}
