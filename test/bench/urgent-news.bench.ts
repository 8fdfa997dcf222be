import { type ClientRequest, get } from 'node:http';
import { Redis } from 'ioredis';
import type { Resource } from '../support/wait.ts';
import { waitFor } from '../support/wait.ts';
import { processorTime } from './machine.ts';
import { monotonicMs, pause } from './monotonic.ts';
import { startPublisher } from './publisher.ts';
import { RawClient } from './raw-client.ts';
import type { Figure } from './report.ts';
import { runBench } from './run-bench.ts';
import { startStand } from './stand.ts';
import { summarise } from './stats.ts';

// A change of status on Redis → its receipt by each of 1,000 clients that are sent figures seldom or never, while
// 20 events a second move the figures and use up MAX_RATE_HZ.

const clientsOfEach = 200;
const rounds = 60;
/** As many of each status: the engine says ACTIVE at first. */
const warmUpRounds = 6;
const figuresEveryMs = 50;
const barMs = 100;
/** The first poll comes at the start; no later one, which would say again what the engine says, but once an hour. */
const pollCron = '0 0 * * * *';

/** From 300 to 399 ms, each as often: so that no round meets the figures always in the same place. */
const betweenMs = (round: number): number => 300 + ((round * 37) % 100);

const sockets = [
  '/?interval=30000',
  '/?interval=10000&mode=delta',
  '/?interval=30000&sections=logs',
  '/?interval=pause',
];
const stream = '/api/stream/telemetry?interval=30000';

/** What a client was sent last of what is asked for. */
interface Watch {
  held: number;
  greeted: boolean;
}

/** Which of two marks a packet carries, and who has been sent it. */
function createTally() {
  let wanted = '"status":"ACTIVE"';
  let round = 0;
  let holders = 0;
  let lastAt = 0;
  const watches: Watch[] = [];
  return {
    watch(): (bytes: Buffer, start: number, end: number) => void {
      const watch = { held: 0, greeted: false };
      watches.push(watch);
      return (bytes, start, end) => {
        watch.greeted = true;
        if (watch.held === round || bytes.subarray(start, end).indexOf(wanted) < 0) return;
        watch.held = round;
        holders += 1;
        lastAt = monotonicMs();
      };
    },
    begin(status: string): void {
      wanted = `"status":"${status}"`;
      round += 1;
      holders = 0;
    },
    allGreeted: () => watches.every(({ greeted }) => greeted),
    allTold: () => holders === watches.length,
    lastAt: () => lastAt,
  };
}

/** A reader of Server-Sent Events that looks at nothing but what `onBytes` does. */
function openStream(port: number, onBytes: (bytes: Buffer, start: number, end: number) => void): Resource {
  const request: ClientRequest = get({ port, host: '127.0.0.1', path: stream, agent: false }, (response) => {
    response.on('data', (bytes: Buffer) => onBytes(bytes, 0, bytes.length));
  });
  // What failed is seen by the round that does not end.
  request.on('error', () => {});
  return { stop: () => void request.destroy() };
}

await runBench('urgent-news', async ({ pinning, use, say }) => {
  const clients = clientsOfEach * (sockets.length + 1);
  say(`${clients} clients: ${[...sockets, stream].join('  ')}`);
  say(`${rounds} changes of status in turn, at 20 events a second besides`);
  const { gateway, redis } = await startStand(
    { pinning, use },
    {
      POLL_CRON: pollCron,
    },
  );
  const publisher = new Redis(redis.url);
  await use({ stop: () => publisher.disconnect() });
  const tally = createTally();
  for (let index = 0; index < clientsOfEach; index += 1) {
    for (const target of sockets) {
      const client = new RawClient(gateway.port, { onPacket: tally.watch(), onEnd: () => {} }, target);
      await use({ stop: () => client.stop() });
    }
    await use(openStream(gateway.port, tally.watch()));
    // A fleet that arrives all together would measure the listen queue.
    if (index % 10 === 0) await waitFor('the clients so far', tally.allGreeted);
  }
  await waitFor('every client', tally.allGreeted);
  const figures = await use(startPublisher(redis.url));
  const stopFigures = figures.publishUntilStopped(figuresEveryMs);

  const lastOnes: number[] = [];
  const waited = () => processorTime(gateway.pid).waitedMs + processorTime(process.pid).waitedMs;
  let waitedBefore = 0;
  for (let round = -warmUpRounds; round < rounds; round += 1) {
    if (round === 0) waitedBefore = waited();
    await pause(betweenMs(Math.abs(round)));
    const status = round % 2 === 0 ? 'HALT' : 'ACTIVE';
    tally.begin(status);
    // The last thing before it leaves: everything after this counts.
    const publishedAt = monotonicMs();
    await publisher.publish('state_update', JSON.stringify({ status }));
    await waitFor('the last client', tally.allTold);
    if (round >= 0) lastOnes.push(tally.lastAt() - publishedAt);
  }
  const waitedMs = (waited() - waitedBefore) / rounds;
  await stopFigures();
  const { p50, p99, max } = summarise(lastOnes);
  const over = (name: string, value: number, more: Partial<Figure> = {}): Figure => ({
    ...{ name: `published to the last of ${clients} clients: ${name}`, value, unit: 'ms' },
    ...more,
  });
  return [
    over('p50', p50, { note: `${rounds} times` }),
    over('p99', p99, { bar: { is: '≤', value: barMs } }),
    over('max', max),
    { name: 'gateway and clients waited for a core, a change', value: waitedMs, unit: 'ms' },
  ];
});
