import { type DemoLog, messageOf } from './demo-log.ts';

/** Sends one message to everybody on that channel. */
export type Publish = (channel: string, message: string) => void | Promise<void>;

/** Publishes a body as JSON, and never fails. */
export type Emit = (channel: string, body: object) => void;

const maxUnfinished = 100;
const warnEveryMs = 10_000;

/** Without `publish`, what is emitted goes nowhere. */
export function createPublisher(publish: Publish | undefined, log: DemoLog): Emit {
  if (publish === undefined) return () => {};
  let unfinished = 0;
  let failed = 0;
  let warnedAt = Number.NEGATIVE_INFINITY;

  async function finish(publishing: Promise<void>): Promise<void> {
    unfinished += 1;
    try {
      await publishing;
    } catch (error) {
      fail(messageOf(error));
    } finally {
      unfinished -= 1;
    }
  }

  function fail(error: string): void {
    failed += 1;
    if (performance.now() - warnedAt < warnEveryMs) return;
    warnedAt = performance.now();
    log.warn({ error, failed }, 'demo event not published');
  }

  return (channel, body) => {
    // A publisher that neither succeeds nor fails must not collect messages without bound.
    if (unfinished >= maxUnfinished) return fail(`${maxUnfinished} publishes are unfinished`);
    try {
      const publishing = publish(channel, JSON.stringify(body));
      if (publishing !== undefined) void finish(publishing);
    } catch (error) {
      fail(messageOf(error));
    }
  };
}
