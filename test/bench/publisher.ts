import { Redis } from 'ioredis';
import type { Resource } from '../support/wait.ts';
import { notes } from './fan-out/trigger.ts';
import { monotonicMs, pause } from './monotonic.ts';
import { publishedKey } from './packet-head.ts';

export interface Publisher extends Resource {
  /** Publishes that many partial states, one each `everyMs`; resolves after the last. */
  publish(events: number, everyMs: number): Promise<void>;
  /** Publishes until the function it returns is called, which resolves with how many there were. */
  publishUntilStopped(everyMs: number): () => Promise<number>;
}

/** @param notesBytes how much text each event brings beside the figures. Default: none. */
export async function startPublisher(redisUrl: string, notesBytes = 0): Promise<Publisher> {
  const redis = new Redis(redisUrl, { lazyConnect: true });
  await redis.connect();
  let serial = 0;
  let stopping = false;
  let running: Promise<unknown> = Promise.resolve();

  const publishOne = async (): Promise<void> => {
    serial += 1;
    const price = 450 + (serial % 1000) / 100;
    const market = `"market":{"symbol":"SPY","price":${price},"velocity":${(serial % 7) / 1000}}`;
    const also = notesBytes === 0 ? '' : `"notes":"${notes(notesBytes)}",`;
    const timestamp = new Date().toISOString();
    // The last thing before it leaves: everything after this counts.
    const at = Math.round(monotonicMs() * 1000);
    await redis.publish(
      'state_update',
      `{"timestamp":"${timestamp}",${market},${also}"${publishedKey}":${at}}`,
    );
  };

  const run = async (everyMs: number, goesOn: (published: number) => boolean): Promise<number> => {
    const startedAt = monotonicMs();
    let published = 0;
    while (!stopping && goesOn(published)) {
      await publishOne();
      published += 1;
      await pause(startedAt + published * everyMs - monotonicMs());
    }
    return published;
  };

  const begin = (everyMs: number, goesOn: (published: number) => boolean): Promise<number> => {
    const ended = run(everyMs, goesOn);
    running = ended.catch(() => {});
    return ended;
  };

  return {
    publish: async (events, everyMs) => void (await begin(everyMs, (published) => published < events)),
    publishUntilStopped(everyMs) {
      let stopped = false;
      const ended = begin(everyMs, () => !stopped);
      return () => {
        stopped = true;
        return ended;
      };
    },
    async stop() {
      stopping = true;
      await running;
      redis.disconnect();
    },
  };
}
