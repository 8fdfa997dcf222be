import type { MetricsEngine } from '../support/metrics-engine.ts';
import { pause } from './monotonic.ts';
import type { Figure } from './report.ts';
import { runBench } from './run-bench.ts';
import { startGatewayProcess } from './server-process.ts';
import { startSnapshotEngine } from './socket-io/snapshot-engine.ts';
import { startViewers } from './socket-io/viewers.ts';
import { spread } from './stats.ts';

// How often the engine is asked for metrics: ten viewers of 24 hours every 2 s and one of 1 hour every 5 s, then a
// REST call for a range that nobody watches, then nobody.
//
//   npm run bench -- metrics-demand

const watchedMs = 40_000;
const unwatchedMs = 10_000;
/** How much earlier or later than its interval a request may come to the engine. */
const toleranceMs = 100;
const payloadBytes = 3000;
const ranges = [
  { hours: 24, interval: 2 },
  { hours: 1, interval: 5 },
] as const;
const unwatchedHours = 7;

/** Milliseconds from each request for a range to the next, from a time on. */
function gapsOf(engine: MetricsEngine, hours: number, from: number): readonly number[] {
  const times = engine.requests.flatMap((request) =>
    request.hours === `${hours}` && request.at >= from ? [request.at] : [],
  );
  return times.slice(1).map((at, index) => at - (times[index] ?? at));
}

function figuresOf(
  engine: MetricsEngine,
  { hours, interval }: (typeof ranges)[number],
  from: number,
): readonly Figure[] {
  const gaps = gapsOf(engine, hours, from);
  const name = `${hours} h every ${interval} s`;
  const note = `gaps ${spread(gaps, 0)}`;
  const [least, most] = [interval * 1000 - toleranceMs, interval * 1000 + toleranceMs];
  return [
    { name: `${name}: requests in ${watchedMs / 1000} s`, value: gaps.length + 1, unit: '', note },
    { name: `${name}: shortest gap`, value: Math.min(...gaps), unit: 'ms', bar: { is: '≥', value: least } },
    { name: `${name}: longest gap`, value: Math.max(...gaps), unit: 'ms', bar: { is: '≤', value: most } },
  ];
}

await runBench('metrics-demand', async ({ use, pinning, say }) => {
  say(
    `ten viewers of 24 h every 2 s, half of them by polling, and one of 1 h every 5 s, ${watchedMs / 1000} s long`,
  );
  const engine = await use(startSnapshotEngine(payloadBytes));
  const gateway = await use(
    startGatewayProcess(pinning, { ENGINE_URL: engine.url, POLL_CRON: '0 0 * * * *' }),
  );
  const viewers = await use(startViewers());
  const [day, hour] = ranges;
  for (const transport of ['websocket', 'polling'] as const) {
    await viewers.open({ port: gateway.port, transport, count: 5, ...day });
  }
  await viewers.open({ port: gateway.port, transport: 'websocket', count: 1, ...hour });
  const from = performance.now();
  await pause(watchedMs);
  const watched = ranges.flatMap((range) => figuresOf(engine, range, from));

  await fetch(`http://127.0.0.1:${gateway.port}/api/metrics/overview?hours=${unwatchedHours}`);
  await viewers.close();
  // Requests that were under way when the last of them left.
  await pause(500);
  const before = engine.requests.length;
  await pause(unwatchedMs);
  return [
    ...watched,
    {
      name: 'one REST call for an unwatched range: requests',
      value: engine.count(unwatchedHours),
      unit: '',
      bar: { is: '=', value: 1 },
    },
    {
      name: `nobody watches: requests in ${unwatchedMs / 1000} s`,
      value: engine.requests.length - before,
      unit: '',
      bar: { is: '=', value: 0 },
    },
  ];
});
