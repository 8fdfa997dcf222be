import { startRedis } from '../support/redis-server.ts';
import { waitFor } from '../support/wait.ts';
import { startEngine } from './engine.ts';
import { startFleet } from './fleet.ts';
import type { FleetReport } from './fleet-protocol.ts';
import { processorTime } from './machine.ts';
import { startPublisher } from './publisher.ts';
import type { Bar, Figure } from './report.ts';
import { type BenchContext, runBench } from './run-bench.ts';
import { startGatewayProcess } from './server-process.ts';
import { median, spread } from './stats.ts';

// Redis publish → receipt, over all clients: events of 20 a second, in three turns for each number of clients.

const turns = 3;
const eventsATurn = 150;
const warmUpEvents = 60;
const everyMs = 50;
/** The first poll comes at the start; no later one falls into the measurement, but once an hour. */
const pollCron = '0 0 * * * *';

interface Turn extends FleetReport {
  readonly serverCpuUsPerPacket: number;
  /** Per event: how long the server waited for its core, ms. */
  readonly waitedMs: number;
}

async function measure(context: BenchContext, clients: number): Promise<readonly Turn[]> {
  const redis = await context.use(startRedis());
  const engine = await context.use(startEngine());
  const gateway = await context.use(
    startGatewayProcess(context.pinning, {
      ENGINE_URL: engine.url,
      REDIS_URL: redis.url,
      MAX_RATE_HZ: '0',
      POLL_CRON: pollCron,
    }),
  );
  const fleet = await context.use(startFleet());
  const publisher = await context.use(startPublisher(redis.url));
  await fleet.open(gateway.port, clients);
  await publisher.publish(warmUpEvents, everyMs);

  const measured: Turn[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    await fleet.reset();
    const before = processorTime(gateway.pid);
    await publisher.publish(eventsATurn, everyMs);
    const report = await waitFor('the last event at every client', async () => {
      const now = await fleet.report();
      return now.versions === now.fewest && now.packets === now.versions * clients && now;
    });
    const after = processorTime(gateway.pid);
    measured.push({
      ...report,
      serverCpuUsPerPacket: ((after.cpuMs - before.cpuMs) * 1000) / report.packets,
      waitedMs: (after.waitedMs - before.waitedMs) / eventsATurn,
    });
  }
  await fleet.close();
  return measured;
}

function figures(
  clients: number,
  measured: readonly Turn[],
  bars: { p50: Bar; p99?: Bar },
): readonly Figure[] {
  const label = clients === 1 ? '1 client' : `${clients} clients`;
  const over = (name: string, unit: string, read: (turn: Turn) => number, bar?: Bar): Figure => {
    const values = measured.map(read);
    return {
      name: `${label}: ${name}`,
      value: median(values),
      unit,
      ...(bar === undefined ? {} : { bar }),
      note: `turns ${spread(values)}`,
    };
  };
  return [
    over('p50', 'ms', ({ latency }) => latency.p50, bars.p50),
    over('p99', 'ms', ({ latency }) => latency.p99, bars.p99),
    over('max', 'ms', ({ latency }) => latency.max),
    over('last client, p50', 'ms', ({ lastClient }) => lastClient.p50),
    over('packet', 'bytes', ({ bytes, packets }) => Math.round(bytes / packets)),
    over('events conflated into the next', '', ({ versions }) => eventsATurn - versions),
    over('server CPU a delivery', 'µs', ({ serverCpuUsPerPacket }) => serverCpuUsPerPacket),
    over('server waited for its core, an event', 'ms', ({ waitedMs }) => waitedMs),
    over('fleet CPU a delivery', 'µs', ({ cpuUsPerPacket }) => cpuUsPerPacket),
  ];
}

await runBench('event-latency', async (context) => {
  context.say(`${turns} turns of ${eventsATurn} events, 20 a second; the median of the turns counts`);
  const one = await measure(context, 1);
  const thousand = await measure(context, 1000);
  return [
    ...figures(1, one, { p50: { is: '≤', value: 1.5 } }),
    ...figures(1000, thousand, { p50: { is: '≤', value: 5 }, p99: { is: '≤', value: 15 } }),
  ];
});
