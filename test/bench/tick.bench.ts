import { parseArgs } from 'node:util';
import { waitFor } from '../support/wait.ts';
import { beforeOption, buildsOf } from './builds.ts';
import { startEngine } from './engine.ts';
import { type Fleet, startFleet } from './fleet.ts';
import { processorTime } from './machine.ts';
import { monotonicMs, pause } from './monotonic.ts';
import { runBench } from './run-bench.ts';
import { Scoreboard } from './scoreboard.ts';
import { type ServerProcess, startGatewayProcess, startPlainProcess } from './server-process.ts';

// Processor time of one tick with 1,000 clients (three polls, merge, fan-out), beside a plain axios + ws program.
// All servers run throughout, each in its own process; the clients are with one of them at a time, in turn.
//
//   npm run bench -- tick [--turns 2] [--before DIR]

const { values: args } = parseArgs({ options: { ...beforeOption, turns: { type: 'string', default: '2' } } });
const builds = buildsOf(args.before);
const turns = Number(args.turns);
const clients = 1000;
const warmUpTicks = 5;
const ticks = 20;
const tickMs = 1000;

interface Turn {
  readonly cpuMsPerTick: number;
  readonly waitedMsPerTick: number;
  readonly packetBytes: number;
  readonly fleetUsPerPacket: number;
}

async function measure(fleet: Fleet, server: ServerProcess): Promise<Turn> {
  await fleet.open(server.port, clients);
  await fleet.reset();
  await waitFor('the warm-up', async () => (await fleet.report()).fewest >= warmUpTicks);
  // The window begins and ends half-way between two ticks.
  await pause(tickMs / 2);
  await fleet.reset();
  const before = processorTime(server.pid);
  const startedAt = monotonicMs();
  await pause(ticks * tickMs);
  const after = processorTime(server.pid);
  const seconds = (monotonicMs() - startedAt) / 1000;
  const report = await fleet.report();
  await fleet.close();
  if (report.fewest < ticks - 1 || report.most > ticks + 2) {
    throw new Error(`clients got ${report.fewest} to ${report.most} packets in ${ticks} ticks`);
  }
  return {
    cpuMsPerTick: (after.cpuMs - before.cpuMs) / seconds,
    waitedMsPerTick: (after.waitedMs - before.waitedMs) / seconds,
    packetBytes: Math.round(report.bytes / report.packets),
    fleetUsPerPacket: report.cpuUsPerPacket,
  };
}

await runBench('tick', async ({ pinning, use, say }) => {
  say(
    `${clients} clients, ${turns} turns each of ${ticks} ticks; what the process does while idle is included`,
  );
  const engine = await use(startEngine());
  const env = { ENGINE_URL: engine.url };
  const gateway = 'gateway';
  const plain = 'plain';
  const servers = new Map<string, ServerProcess>();
  for (const build of builds) {
    servers.set(build.entry(gateway), await use(startGatewayProcess(pinning, env, build)));
  }
  servers.set(plain, await use(startPlainProcess(pinning, env)));
  const fleet = await use(startFleet());
  const board = new Scoreboard<Turn>();
  for (let turn = 0; turn < turns; turn += 1) {
    for (const [entry, server] of servers) await board.take(entry, () => measure(fleet, server));
  }

  const cpu = (turn: Turn) => turn.cpuMsPerTick;
  const waited = (turn: Turn) => turn.waitedMsPerTick;
  return [
    ...board.compared('CPU a tick, gateway', 'ms', gateway, cpu, { is: '≤', value: 10 }),
    board.figure('CPU a tick, plain axios + ws', 'ms', plain, cpu),
    board.ratio('gateway ÷ plain', gateway, plain, cpu, { is: '≤', value: 0.5 }),
    board.figure('packet, gateway', 'bytes', gateway, (turn) => turn.packetBytes),
    board.figure('packet, plain', 'bytes', plain, (turn) => turn.packetBytes),
    ...builds.map(({ entry }) =>
      board.figure(entry('waited for its core a tick, gateway'), 'ms', entry(gateway), waited),
    ),
    board.figure('waited for its core a tick, plain', 'ms', plain, waited),
    board.figure('fleet CPU a delivery', 'µs', gateway, (turn) => turn.fleetUsPerPacket),
  ];
});
