import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { waitFor } from '../support/wait.ts';
import type { ReadCommand } from './history-readers/readers-process.ts';
import { residentBytes } from './machine.ts';
import { monotonicMs, pause } from './monotonic.ts';
import { startPublisher } from './publisher.ts';
import type { Figure } from './report.ts';
import { runBench } from './run-bench.ts';
import { startStand } from './stand.ts';
import { median, spread, summarise } from './stats.ts';

// How long others wait while many read the whole history at once: /livez, asked all the time, beside 60 readers and
// beside 60 that stop reading at once.

const readers = 60;
const versions = 600;
const turns = 3;
const restMs = 1500;
const barMs = 100;
const mebibyte = 1024 * 1024;
const target = '/api/telemetry/history?seconds=600&step=0';

function ask(port: number): Socket {
  const socket = connect({ port, host: '127.0.0.1' });
  socket
    .on('error', () => {})
    .write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  return socket;
}

/** Has it read to its end by so many at once: how many bytes each had. */
function startReaders() {
  const path = fileURLToPath(new URL('history-readers/readers-process.ts', import.meta.url));
  const child = fork(path, { execArgv: ['--import', 'tsx'] });
  return {
    async read(port: number, count: number): Promise<readonly number[]> {
      const command: ReadCommand = { port, target, readers: count };
      child.send(command);
      const [bytes] = await once(child, 'message');
      return bytes;
    },
    stop: () => child.disconnect(),
  };
}

/** What others wait while something is under way, ms. */
async function waitsDuring(port: number, work: () => Promise<unknown>): Promise<readonly number[]> {
  const waits: number[] = [];
  let isOver = false;
  const probing = (async () => {
    while (!isOver) {
      const askedAt = monotonicMs();
      await (await fetch(`http://127.0.0.1:${port}/livez`)).text();
      waits.push(monotonicMs() - askedAt);
      await pause(2);
    }
  })();
  await work();
  isOver = true;
  await probing;
  return waits;
}

await runBench('history-readers', async (context) => {
  const { gateway, redis } = await startStand(context, {
    MAX_RATE_HZ: '0',
    POLL_CRON: '0 0 * * * *',
  });
  const publisher = await context.use(startPublisher(redis.url));
  await publisher.publish(versions, 1);
  const readersProcess = await context.use(startReaders());
  await readersProcess.read(gateway.port, 1);
  const tookMs: number[] = [];
  const bytes: number[] = [];
  const beside = [];
  const besideStalled = [];
  const kept: number[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    beside.push(
      await waitsDuring(gateway.port, async () => {
        const startedAt = monotonicMs();
        bytes.push(...(await readersProcess.read(gateway.port, readers)));
        tookMs.push(monotonicMs() - startedAt);
      }),
    );
    const memory = residentBytes(gateway.pid);
    besideStalled.push(
      await waitsDuring(gateway.port, async () => {
        const stalled = Array.from({ length: readers }, () => ask(gateway.port).pause());
        await pause(restMs);
        kept.push((residentBytes(gateway.pid) - memory) / mebibyte);
        for (const socket of stalled) socket.destroy();
      }),
    );
    await waitFor('its rest', async () => {
      const [first = 0] = await waitsDuring(gateway.port, () => pause(1));
      return first < barMs;
    });
  }
  const longest = (waits: readonly (readonly number[])[]) => waits.map((turn) => summarise(turn).max);
  const waited = (name: string, waits: readonly (readonly number[])[]): Figure => ({
    name,
    value: median(longest(waits)),
    unit: 'ms',
    bar: { is: '≤', value: barMs },
    note: `turns ${spread(longest(waits), 0)}; p50 ${summarise(waits.flat()).p50.toFixed(1)} ms`,
  });
  return [
    waited(`longest wait of others beside ${readers} readers`, beside),
    waited(`longest wait of others beside ${readers} that read nothing`, besideStalled),
    { name: 'until all had read it', value: median(tookMs), unit: 'ms', note: `turns ${spread(tookMs, 0)}` },
    {
      name: 'each read',
      value: median(bytes) / mebibyte,
      unit: 'MB',
      note: `from ${(Math.min(...bytes) / mebibyte).toFixed(2)} to ${(Math.max(...bytes) / mebibyte).toFixed(2)} MB`,
    },
    { name: 'memory beside those that read nothing', value: median(kept), unit: 'MB', note: spread(kept, 0) },
  ];
});
