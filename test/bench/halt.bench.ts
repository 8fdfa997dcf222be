import { setPriority } from 'node:os';
import { parseArgs } from 'node:util';
import { connectionsPossible } from '../../src/access/connection-limits.ts';
import { readMetrics } from '../support/metrics.ts';
import { waitFor } from '../support/wait.ts';
import { type Arrivals, watchArrivals } from './arrivals.ts';
import { type Commander, startCommander } from './commander.ts';
import { measureConnects } from './connect-times.ts';
import { startFleet } from './fleet.ts';
import { type ProcessorTime, processorTime } from './machine.ts';
import { monotonicMs, pause } from './monotonic.ts';
import { startPublisher } from './publisher.ts';
import type { Figure } from './report.ts';
import { runBench } from './run-bench.ts';
import type { ServerProcess } from './server-process.ts';
import { startStand } from './stand.ts';
import { type Summary, summarise } from './stats.ts';

// HALT → request at the engine, HALT → ACK, and connect → WELCOME, while 20 events a second go to 5,000 clients. The
// engine answers at once; a RESUME follows each HALT, and is not timed.
//
// Commander and engine are in this process, so that one clock times both ends: from the write of the HALT to the
// moment in which the head of its request was read, and to the last byte of the ACK. That is more than the gateway's
// part, from the HALT received to the request written: both ways through the kernel are in it, and the wait for the
// core that this process shares with the clients, which `urgently` keeps short where it may.
//
//   npm run bench -- halt [--clients 5000] [--halts 500]

const { values: args } = parseArgs({
  options: {
    clients: { type: 'string', default: '5000' },
    halts: { type: 'string', default: '500' },
  },
});
const clientsWanted = Number(args.clients);
const halts = Number(args.halts);
/** Connections besides the fleet's: the commanding client, and those that measure the handshake. */
const others = 150;
const everyMs = 50;
const warmUpMs = 5000;
const connections = 100;
const requestBarMs = 5;
const ackBarMs = 100;
/** So long may the threads of gateway and engine together wait for a core in a moment that counts as calm. */
const calmMs = 0.3;
const resumeTimeoutMs = 10_000;

/** From 20 to 69 ms, each as often: so that no command meets the broadcasts always in the same place. */
const betweenMs = (index: number): number => 20 + ((index * 17) % everyMs);

/** Has this process, which does next to nothing, not wait for the clients that it shares a core with. */
function urgently(): boolean {
  try {
    setPriority(-10);
    return true;
  } catch {
    // It takes a right that few have.
    return false;
  }
}

interface Commands {
  /** HALT → request at the engine. */
  readonly request: Summary;
  /** Of those alone during which neither gateway nor engine waited for a core: what a machine of their own gives. */
  readonly calmRequest: Summary;
  /** HALT → ACK. */
  readonly halt: Summary;
  /**
   * The same less the time in which gateway or engine were ready to run, and others had their core. What threads
   * waited at the same time is taken off twice: at least so much is the gateway's own, and perhaps more.
   */
  readonly haltAtLeast: Summary;
  readonly ping: Summary;
}

async function measureHalts(commander: Commander, gatewayPid: number, arrivals: Arrivals): Promise<Commands> {
  const times = {
    request: [] as number[],
    calmRequest: [] as number[],
    halt: [] as number[],
    atLeast: [] as number[],
    ping: [] as number[],
  };
  const waited = () => processorTime(gatewayPid).waitedMs + processorTime(process.pid).waitedMs;
  for (let index = 0; index < halts; index += 1) {
    await pause(betweenMs(index));
    const waitedBefore = waited();
    const halt = await commander.ask({ type: 'HALT', requestId: `halt ${index}` });
    const waitedMs = waited() - waitedBefore;
    if (halt.packet.type !== 'ACK') throw new Error(`HALT was refused: ${JSON.stringify(halt.packet)}`);
    times.request.push(arrivals.lastAt - halt.sentAt);
    if (waitedMs < calmMs) times.calmRequest.push(arrivals.lastAt - halt.sentAt);
    times.halt.push(halt.tookMs);
    times.atLeast.push(Math.max(0, halt.tookMs - waitedMs));
    await pause(betweenMs(index + 1));
    // Refused for as long as the state is not fresh, as it may be on a busy machine.
    await waitFor(
      'RESUME to be carried out',
      async () => (await commander.ask({ type: 'RESUME' })).packet.type === 'ACK',
      { timeoutMs: resumeTimeoutMs },
    );
    await pause(betweenMs(index + 2));
    times.ping.push((await commander.ask({ type: 'PING', t: index })).tookMs);
  }
  return {
    request: summarise(times.request),
    calmRequest: summarise(times.calmRequest),
    halt: summarise(times.halt),
    haltAtLeast: summarise(times.atLeast),
    ping: summarise(times.ping),
  };
}

interface Load extends ProcessorTime {
  readonly at: number;
  readonly broadcastSeconds: number;
  readonly skipped: number;
  readonly packets: number;
}

async function readLoad({ port, pid }: ServerProcess): Promise<Load> {
  const metrics = await readMetrics(`http://127.0.0.1:${port}`);
  return {
    at: monotonicMs(),
    ...processorTime(pid),
    broadcastSeconds: metrics.value('bff_fanout_seconds_sum'),
    skipped: metrics.value('bff_skipped_total'),
    packets: metrics.value('bff_packets_total', { type: 'TELEMETRY' }),
  };
}

/** What else went on between two looks. */
function loadFigures(before: Load, after: Load): readonly Figure[] {
  const seconds = (after.at - before.at) / 1000;
  const share = (ms: number) => (ms / 1000 / seconds) * 100;
  return [
    { name: 'load: packets a second', value: (after.packets - before.packets) / seconds, unit: '' },
    {
      name: 'load: updates that a client was too slow for',
      value: ((after.skipped - before.skipped) / (after.packets - before.packets)) * 100,
      unit: '% of packets',
    },
    {
      name: 'load: time in which a broadcast was under way',
      value: ((after.broadcastSeconds - before.broadcastSeconds) / seconds) * 100,
      unit: '%',
    },
    {
      name: 'load: packets a second of processor time',
      value: ((after.packets - before.packets) / (after.cpuMs - before.cpuMs)) * 1000,
      unit: '',
    },
    { name: 'load: gateway on its core', value: share(after.cpuMs - before.cpuMs), unit: '%' },
    {
      name: 'load: gateway waited for its core',
      value: share(after.waitedMs - before.waitedMs),
      unit: '%',
    },
  ];
}

function latencyFigures(name: string, { p50, p99, max, count }: Summary, barMs?: number): readonly Figure[] {
  const bar = barMs === undefined ? {} : { bar: { is: '≤', value: barMs } as const };
  return [
    { name: `${name}: p50`, value: p50, unit: 'ms', note: `${count} times` },
    { name: `${name}: p99`, value: p99, unit: 'ms', ...bar },
    { name: `${name}: max`, value: max, unit: 'ms' },
  ];
}

await runBench('halt', async ({ pinning, use, say }) => {
  const clients = Math.min(clientsWanted, (connectionsPossible() ?? clientsWanted) - others);
  say(`${clients} clients, 20 events a second; ${halts} HALTs, each with a RESUME and a PING after it`);
  if (clients < clientsWanted) say('fewer clients than wanted: raise the open-file limit (ulimit -n)');
  const { gateway, redis } = await startStand(
    { pinning, use },
    {
      ALLOW_COMMANDS: 'true',
      MAX_CONNECTIONS: `${clients + others}`,
    },
  );
  const fleet = await use(startFleet());
  const publisher = await use(startPublisher(redis.url));
  await fleet.open(gateway.port, clients);
  const commander = await use(startCommander(gateway.port));
  const arrivals = await use(watchArrivals('/api/system/halt'));
  const stopPublishing = publisher.publishUntilStopped(everyMs);
  if (!urgently())
    say('this process may not go before others: expect what it waits for its core in the times');
  await pause(warmUpMs);

  await fleet.reset();
  const before = await readLoad(gateway);
  const waitedBefore = processorTime(process.pid).waitedMs;
  const { request, calmRequest, halt, haltAtLeast, ping } = await measureHalts(
    commander,
    gateway.pid,
    arrivals,
  );
  const waitedMs = processorTime(process.pid).waitedMs - waitedBefore;
  const after = await readLoad(gateway);
  say(`${connections} connections, one after the other`);
  const welcome = await measureConnects(gateway.port, connections, everyMs / 2);
  await stopPublishing();
  const report = await fleet.report();

  return [
    ...latencyFigures('HALT to request at the engine', request, requestBarMs),
    ...latencyFigures('the same where nobody waited for a core', calmRequest),
    ...latencyFigures('HALT to ACK', halt, ackBarMs),
    ...latencyFigures('the same less all waits for a core', haltAtLeast),
    ...latencyFigures('PING to PONG', ping),
    ...latencyFigures('connect to WELCOME', welcome),
    ...loadFigures(before, after),
    {
      name: 'load: this process, with the engine, waited for its core',
      value: (waitedMs / (after.at - before.at)) * 100,
      unit: '%',
    },
    { name: 'clients that lasted', value: report.open, unit: '', bar: { is: '=', value: clients } },
  ];
});
