import { parseArgs } from 'node:util';
import { startRedis } from '../support/redis-server.ts';
import { waitFor } from '../support/wait.ts';
import { type Build, beforeOption, buildsOf } from './builds.ts';
import { startEngine } from './engine.ts';
import { type Fleet, startFleet } from './fleet.ts';
import type { FleetReport } from './fleet-protocol.ts';
import { processorTime } from './machine.ts';
import { type Publisher, startPublisher } from './publisher.ts';
import type { Bar, Figure } from './report.ts';
import { type BenchContext, runBench } from './run-bench.ts';
import { Scoreboard } from './scoreboard.ts';
import { type ServerProcess, startGatewayProcess } from './server-process.ts';

// Redis publish → receipt, over all clients: events of 20 a second, in several turns for each number of clients.
//
//   npm run bench -- event-latency [--turns 3] [--before DIR]

const { values: args } = parseArgs({ options: { ...beforeOption, turns: { type: 'string', default: '3' } } });
const builds = buildsOf(args.before);
const turns = Number(args.turns);
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

/** A gateway and a Redis of its own, so that no other gateway hears the events that it is sent. */
interface Contestant {
  readonly build: Build;
  readonly gateway: ServerProcess;
  readonly publisher: Publisher;
}

async function enter({ use, pinning }: BenchContext, engineUrl: string, build: Build): Promise<Contestant> {
  const redis = await use(startRedis());
  const env = { ENGINE_URL: engineUrl, REDIS_URL: redis.url, MAX_RATE_HZ: '0', POLL_CRON: pollCron };
  const gateway = await use(startGatewayProcess(pinning, env, build));
  const publisher = await use(startPublisher(redis.url));
  return { build, gateway, publisher };
}

async function measure({ gateway, publisher }: Contestant, fleet: Fleet, clients: number): Promise<Turn> {
  await fleet.open(gateway.port, clients);
  await publisher.publish(warmUpEvents, everyMs);
  await fleet.reset();
  const before = processorTime(gateway.pid);
  await publisher.publish(eventsATurn, everyMs);
  const report = await waitFor('the last event at every client', async () => {
    const now = await fleet.report();
    return now.versions === now.fewest && now.packets === now.versions * clients && now;
  });
  const after = processorTime(gateway.pid);
  await fleet.close();
  return {
    ...report,
    serverCpuUsPerPacket: ((after.cpuMs - before.cpuMs) * 1000) / report.packets,
    waitedMs: (after.waitedMs - before.waitedMs) / eventsATurn,
  };
}

const labelOf = (clients: number) => (clients === 1 ? '1 client' : `${clients} clients`);

function figures(board: Scoreboard<Turn>, clients: number, bars: { p50: Bar; p99?: Bar }): readonly Figure[] {
  const label = labelOf(clients);
  const over = (name: string, unit: string, read: (turn: Turn) => number, bar?: Bar) =>
    board.compared(`${label}: ${name}`, unit, label, read, bar);
  const only = (name: string, unit: string, read: (turn: Turn) => number) =>
    board.figure(`${label}: ${name}`, unit, label, read);
  return [
    ...over('p50', 'ms', ({ latency }) => latency.p50, bars.p50),
    ...over('p99', 'ms', ({ latency }) => latency.p99, bars.p99),
    ...over('max', 'ms', ({ latency }) => latency.max),
    ...over('last client, p50', 'ms', ({ lastClient }) => lastClient.p50),
    only('packet', 'bytes', ({ bytes, packets }) => Math.round(bytes / packets)),
    only('events conflated into the next', '', ({ versions }) => eventsATurn - versions),
    ...over('server CPU a delivery', 'µs', ({ serverCpuUsPerPacket }) => serverCpuUsPerPacket),
    ...builds.map(({ entry }) =>
      board.figure(
        entry(`${label}: server waited for its core, an event`),
        'ms',
        entry(label),
        ({ waitedMs }) => waitedMs,
      ),
    ),
    only('fleet CPU a delivery', 'µs', ({ cpuUsPerPacket }) => cpuUsPerPacket),
  ];
}

await runBench('event-latency', async (context) => {
  context.say(`${turns} turns of ${eventsATurn} events, 20 a second; the median of the turns counts`);
  const engine = await context.use(startEngine());
  const contestants: Contestant[] = [];
  for (const build of builds) contestants.push(await enter(context, engine.url, build));
  const fleet = await context.use(startFleet());
  const board = new Scoreboard<Turn>();
  for (const clients of [1, 1000]) {
    for (let turn = 0; turn < turns; turn += 1) {
      for (const contestant of contestants) {
        const entry = contestant.build.entry(labelOf(clients));
        await board.take(entry, () => measure(contestant, fleet, clients));
      }
    }
  }
  return [
    ...figures(board, 1, { p50: { is: '≤', value: 1.5 } }),
    ...figures(board, 1000, { p50: { is: '≤', value: 5 }, p99: { is: '≤', value: 15 } }),
  ];
});
