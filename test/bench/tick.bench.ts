import { waitFor } from '../support/wait.ts';
import { startEngine } from './engine.ts';
import { type Fleet, startFleet } from './fleet.ts';
import { processorTime } from './machine.ts';
import { monotonicMs, pause } from './monotonic.ts';
import type { Figure } from './report.ts';
import { runBench } from './run-bench.ts';
import { type ServerProcess, startGatewayProcess, startPlainProcess } from './server-process.ts';
import { median, spread } from './stats.ts';

// Processor time of one tick with 1,000 clients (three polls, merge, fan-out), beside a plain axios + ws program.
// Both servers run throughout, each in its own process; the clients are with one of them at a time, in turn.

const clients = 1000;
const turns = 2;
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
  const gateway = await use(startGatewayProcess(pinning, { ENGINE_URL: engine.url }));
  const plain = await use(startPlainProcess(pinning, { ENGINE_URL: engine.url }));
  const fleet = await use(startFleet());
  const ours: Turn[] = [];
  const theirs: Turn[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    ours.push(await measure(fleet, gateway));
    theirs.push(await measure(fleet, plain));
  }

  const over = (name: string, unit: string, measured: readonly Turn[], key: keyof Turn): Figure => {
    const values = measured.map((turn) => turn[key]);
    return { name, value: median(values), unit, note: `turns ${spread(values)}` };
  };
  const our = over('CPU a tick, gateway', 'ms', ours, 'cpuMsPerTick');
  const their = over('CPU a tick, plain axios + ws', 'ms', theirs, 'cpuMsPerTick');
  const ratios = ours.map((turn, index) => turn.cpuMsPerTick / (theirs[index]?.cpuMsPerTick ?? Number.NaN));
  return [
    { ...our, bar: { is: '≤', value: 10 } },
    their,
    {
      name: 'gateway ÷ plain',
      value: our.value / their.value,
      unit: '',
      bar: { is: '≤', value: 0.5 },
      note: `turns ${spread(ratios)}`,
    },
    over('packet, gateway', 'bytes', ours, 'packetBytes'),
    over('packet, plain', 'bytes', theirs, 'packetBytes'),
    over('waited for its core a tick, gateway', 'ms', ours, 'waitedMsPerTick'),
    over('waited for its core a tick, plain', 'ms', theirs, 'waitedMsPerTick'),
    over('fleet CPU a delivery', 'µs', ours, 'fleetUsPerPacket'),
  ];
});
