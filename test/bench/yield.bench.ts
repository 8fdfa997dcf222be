import { parseArgs } from 'node:util';
import { readMetrics } from '../support/metrics.ts';
import { within } from '../support/wait.ts';
import { type Commander, startCommander } from './commander.ts';
import { timeConnect } from './connect-times.ts';
import { holdClients } from './fan-out/load-generator.ts';
import { compilePrograms } from './fan-out/programs.ts';
import { processorTime } from './machine.ts';
import { monotonicMs, pause } from './monotonic.ts';
import { startPublisher } from './publisher.ts';
import { RawClient } from './raw-client.ts';
import type { Figure } from './report.ts';
import { runBench } from './run-bench.ts';
import type { ServerProcess } from './server-process.ts';
import { startStand } from './stand.ts';
import { type Summary, summarise } from './stats.ts';

// Does a broadcast to 10,000 clients hold up anybody else? While 20 events of 3 KB a second go out, which keeps the
// gateway busy without a pause: handshake → WELCOME, protocol ping → pong, and HALT → ACK by an engine that answers
// at once, each begun at a random moment.
//
//   npm run bench -- yield [--clients 10000] [--times 200]

const { values: args } = parseArgs({
  options: {
    clients: { type: 'string', default: '10000' },
    times: { type: 'string', default: '200' },
  },
});
const clients = Number(args.clients);
const times = Number(args.times);
const everyMs = 50;
const warmUpMs = 5000;
const barMs = 20;
/** What the usual packet lacks of 3 KB. */
const notesBytes = 420;

interface Pinger {
  /** ms from the write of a protocol ping to its pong. */
  ping(): Promise<number>;
  stop(): void;
}

async function startPinger(port: number): Promise<Pinger> {
  let ponged: (at: number) => void = () => {};
  let failed: (error: Error) => void = () => {};
  const next = () =>
    new Promise<number>((resolve, reject) => {
      ponged = resolve;
      failed = reject;
    });
  const client = await new Promise<RawClient>((resolve, reject) => {
    failed = reject;
    const opened = new RawClient(port, {
      onPacket: () => resolve(opened),
      onPong: () => ponged(monotonicMs()),
      onEnd: (code) => failed(new Error(`the pinging client was closed with ${code}`)),
    });
  });
  return {
    async ping() {
      const pong = next();
      const startedAt = monotonicMs();
      client.ping();
      return (await within('a pong', pong)) - startedAt;
    },
    stop: () => client.stop(),
  };
}

async function timeHandshake(port: number): Promise<number> {
  const { tookMs, client } = await timeConnect(port);
  client.stop();
  return tookMs;
}

async function timeHalt(commander: Commander, requestId: string): Promise<number> {
  const { packet, tookMs } = await commander.ask({ type: 'HALT', requestId });
  if (packet.type !== 'ACK') throw new Error(`HALT was refused: ${JSON.stringify(packet)}`);
  return tookMs;
}

/** Each kind in turn, so that all meet the machine in the same moods. */
async function measure(port: number, pinger: Pinger, commander: Commander) {
  const handshakes: number[] = [];
  const pongs: number[] = [];
  const acks: number[] = [];
  for (let index = 0; index < times; index += 1) {
    await pause(Math.random() * everyMs);
    handshakes.push(await timeHandshake(port));
    await pause(Math.random() * everyMs);
    pongs.push(await pinger.ping());
    await pause(Math.random() * everyMs);
    acks.push(await timeHalt(commander, `halt ${index}`));
  }
  return { handshake: summarise(handshakes), pong: summarise(pongs), ack: summarise(acks) };
}

async function readLoad({ port, pid }: ServerProcess) {
  const metrics = await readMetrics(`http://127.0.0.1:${port}`);
  return {
    at: monotonicMs(),
    waitedMs: processorTime(pid).waitedMs,
    ownWaitedMs: processorTime(process.pid).waitedMs,
    broadcastMs: metrics.value('bff_fanout_seconds_sum') * 1000,
    packets: metrics.value('bff_packets_total', { type: 'TELEMETRY' }),
    bytes: metrics.value('bff_bytes_total'),
  };
}
type Load = Awaited<ReturnType<typeof readLoad>>;

function loadFigures(before: Load, after: Load): readonly Figure[] {
  const ms = after.at - before.at;
  const packets = after.packets - before.packets;
  const share = (key: 'broadcastMs' | 'waitedMs' | 'ownWaitedMs') => ((after[key] - before[key]) / ms) * 100;
  return [
    { name: 'load: time in which a broadcast was under way', value: share('broadcastMs'), unit: '%' },
    { name: 'load: packets a second', value: Math.round((packets / ms) * 1000), unit: '' },
    { name: 'load: packet', value: Math.round((after.bytes - before.bytes) / packets), unit: 'bytes' },
    { name: 'load: gateway waited for its core', value: share('waitedMs'), unit: '%' },
    {
      name: 'load: this process, with the engine, waited for its core',
      value: share('ownWaitedMs'),
      unit: '%',
    },
  ];
}

const latencyFigures = (name: string, { p50, p99, max, count }: Summary): readonly Figure[] => [
  { name: `${name}: p50`, value: p50, unit: 'ms', note: `${count} times` },
  { name: `${name}: p99`, value: p99, unit: 'ms', bar: { is: '≤', value: barMs } },
  { name: `${name}: max`, value: max, unit: 'ms' },
];

await runBench('yield', async ({ pinning, use, say }) => {
  say(`${clients} clients, 20 events a second; each of the three ${times} times`);
  const programs = await use(compilePrograms());
  const { gateway, redis } = await startStand(
    { pinning, use },
    {
      MAX_RATE_HZ: '0',
      MAX_CONNECTIONS_PER_IP: '0',
      ALLOW_COMMANDS: 'true',
      POLL_CRON: '0 0 * * * *',
    },
  );
  const { port } = gateway;
  const held = await use(holdClients(programs.loadGenerator, { port, clients }));
  const publisher = await use(startPublisher(redis.url, notesBytes));
  const pinger = await use(startPinger(port));
  const commander = await use(startCommander(port));
  const stopPublishing = publisher.publishUntilStopped(everyMs);
  await pause(warmUpMs);

  const before = await readLoad(gateway);
  const { handshake, pong, ack } = await measure(port, pinger, commander);
  const after = await readLoad(gateway);
  await stopPublishing();
  await held.end();
  return [
    ...latencyFigures('connect to WELCOME', handshake),
    ...latencyFigures('ping to pong', pong),
    ...latencyFigures('HALT to ACK', ack),
    ...loadFigures(before, after),
  ];
});
