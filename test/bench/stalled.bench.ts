import { readMetrics } from '../support/metrics.ts';
import { waitFor } from '../support/wait.ts';
import { startFleet } from './fleet.ts';
import { residentBytes } from './machine.ts';
import { monotonicMs, pause } from './monotonic.ts';
import { startPublisher } from './publisher.ts';
import { runBench } from './run-bench.ts';
import type { ServerProcess } from './server-process.ts';
import { startStand } from './stand.ts';
import { median } from './stats.ts';

// 1,000 clients at 20 events a second. 100 of them stop reading for 20 s and then go on; 10 more stop for good,
// of which half read again after they should have been closed, to see with which code. These ten stop as soon as
// they are connected: each client is pinged after an amount of data of its own, but the first time they are all at
// the start of it, so that all ten stop being writable, and are closed, at the same time.

const clients = 1000;
const everyMs = 50;
const warmUpMs = 10_000;
const stallMs = 20_000;
const slowAfterMs = 30_000;
/** After the close frame was due, and before the server has given up on the answer to it. */
const readLateMs = 2000;
const catchUpMs = 2000;
const pausing = { from: 0, to: 100 };
const reading = { from: pausing.to, to: clients };
const readLate = { from: clients, to: clients + 5 };
const neverRead = { from: readLate.to, to: readLate.to + 5 };
const forGood = { from: readLate.from, to: neverRead.to };
const mebibyte = 1024 * 1024;

/** RSS at intervals until told to stop. */
function watchMemory(pid: number, intervalMs = 250): () => readonly number[] {
  const samples: number[] = [residentBytes(pid)];
  const timer = setInterval(() => samples.push(residentBytes(pid)), intervalMs);
  return () => {
    clearInterval(timer);
    return samples;
  };
}

/** When the first update was skipped: from then on at least one client counts as not writable. */
async function firstSkip(gateway: ServerProcess): Promise<number> {
  return waitFor(
    'a stalled client to be skipped',
    async () => {
      const metrics = await readMetrics(`http://127.0.0.1:${gateway.port}`);
      return metrics.value('bff_skipped_total') > 0 && monotonicMs();
    },
    { timeoutMs: stallMs },
  );
}

await runBench('stalled', async ({ pinning, use, say }) => {
  const { gateway, redis } = await startStand(
    { pinning, use },
    {
      MAX_RATE_HZ: '0',
      POLL_CRON: '0 0 * * * *',
    },
  );
  const fleet = await use(startFleet());
  const publisher = await use(startPublisher(redis.url));
  await fleet.open(gateway.port, clients);
  const stopPublishing = publisher.publishUntilStopped(everyMs);

  const warmUp = watchMemory(gateway.pid);
  await pause(warmUpMs);
  // The second half: by then everything has been compiled and every buffer made.
  const settled = warmUp().slice(warmUpMs / 500);
  say(`stalling ${forGood.to - forGood.from} clients for good, then ${pausing.to} for ${stallMs / 1000} s`);
  await fleet.open(gateway.port, forGood.to - forGood.from);
  const stalledMemory = watchMemory(gateway.pid);
  const stalledAt = monotonicMs();
  await fleet.stall(forGood);
  const skippedAt = await firstSkip(gateway);
  await fleet.reset();
  await fleet.stall(pausing);
  await pause(skippedAt + stallMs - monotonicMs());
  const memory = stalledMemory();
  const disconnectsBefore = gateway.disconnects.length;
  await fleet.resume(pausing);
  await pause(catchUpMs * 2);
  const resumed = await fleet.report(pausing);

  say('waiting for the end of those that stay stalled');
  await pause(skippedAt + slowAfterMs + readLateMs - monotonicMs());
  await fleet.resume(readLate);
  await waitFor('the end of the stalled', () => gateway.disconnects.length >= forGood.to - forGood.from, {
    timeoutMs: 15_000,
    state: () => gateway.disconnects.map(({ code, at }) => [code, Math.round(at - skippedAt)]),
  });
  await stopPublishing();
  const others = await waitFor('the last event', async () => {
    const now = await fleet.report(reading);
    return now.fewest === now.most && now;
  });
  const late = await fleet.report(readLate);
  const ends = gateway.disconnects.map(({ at }) => (at - skippedAt) / 1000);

  return [
    {
      name: 'others: packets missed, all together',
      value: others.versions * others.clients - others.packets,
      unit: '',
      bar: { is: '=', value: 0 },
      note: `${others.versions} versions each`,
    },
    {
      name: 'others: clients that lasted',
      value: others.open,
      unit: '',
      bar: { is: '=', value: others.clients },
    },
    {
      name: 'others: latency p99',
      value: others.latency.p99,
      unit: 'ms',
      note: `p50 ${others.latency.p50.toFixed(1)} ms`,
    },
    {
      name: 'memory growth while 110 are stalled',
      value: (Math.max(...memory) - median(settled)) / mebibyte,
      unit: 'MB',
      bar: { is: '<', value: 20 },
      note: `from ${(median(settled) / mebibyte).toFixed(0)} MB, which ranged over ${((Math.max(...settled) - Math.min(...settled)) / mebibyte).toFixed(1)} MB`,
    },
    { name: 'stall to first skip', value: (skippedAt - stalledAt) / 1000, unit: 's' },
    {
      name: 'resumed: slowest to hold the newest',
      value: resumed.caughtUp.max,
      unit: 'ms',
      bar: { is: '≤', value: catchUpMs },
      note: `p50 ${resumed.caughtUp.p50.toFixed(0)} ms`,
    },
    { name: 'resumed: still behind', value: resumed.behind, unit: '', bar: { is: '=', value: 0 } },
    {
      name: 'resumed: most old packets read',
      value: resumed.oldBytes.max / 1024,
      unit: 'KiB',
      bar: { is: '≤', value: 512 },
    },
    { name: 'resumed: closed meanwhile', value: disconnectsBefore, unit: '', bar: { is: '=', value: 0 } },
    {
      name: `stalled on, reading again ${readLateMs / 1000} s late: told 1013`,
      value: late.closes.filter(({ code }) => code === 1013).length,
      unit: '',
      bar: { is: '=', value: late.clients },
    },
    {
      name: 'stalled on: first skip to first end',
      value: Math.min(...ends),
      unit: 's',
      bar: { is: '≥', value: slowAfterMs / 1000 },
    },
    {
      name: 'stalled on: first skip to last end',
      value: Math.max(...ends),
      unit: 's',
      note: `never read: 5 s for the close frame; logged ${gateway.disconnects.map(({ code }) => code).join(' ')}`,
    },
  ];
});
