import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readMetrics } from '../support/metrics.ts';
import { waitFor } from '../support/wait.ts';
import { untilAtRest } from './fan-out/rest.ts';
import { processorTime } from './machine.ts';
import { pause } from './monotonic.ts';
import type { Bar, Figure } from './report.ts';
import { type BenchContext, runBench } from './run-bench.ts';
import { Scoreboard } from './scoreboard.ts';
import { type ServerProcess, startGatewayProcess, startScript } from './server-process.ts';
import { startSnapshotEngine } from './socket-io/snapshot-engine.ts';
import { startViewers, type TransportName, type Viewers, type ViewersReport } from './socket-io/viewers.ts';
import { spread } from './stats.ts';

// What an update costs the server's processor where hundreds watch one range of metrics over Socket.IO, beside a
// plain program that emits it to one socket after the other: same engine, same interval, same payload. The clients are
// with one server at a time, in turn. Polls, timers and all else that a process does besides come to as much as some
// hundred deliveries: they are told by a run with a single client before, and both figures are given, with them and
// without.
//
//   npm run bench -- socket-io [--clients 500] [--turns 3] [--updates 6]

/** The bar holds for this many. */
const usualClients = 500;
const { values: args } = parseArgs({
  options: {
    clients: { type: 'string', default: `${usualClients}` },
    turns: { type: 'string', default: '3' },
    updates: { type: 'string', default: '6' },
  },
});
const clients = Number(args.clients);
const turns = Number(args.turns);
const updates = Number(args.updates);

const plainServer = fileURLToPath(new URL('socket-io/plain-server.ts', import.meta.url));
const sizes = [3000, 30_000];
const warmUpUpdates = 3;
const warmUpBytes = 3000;
const intervalMs = 1000;
const names = ['gateway', 'plain'] as const;

interface Heat {
  readonly bytes: number;
  readonly transport: TransportName;
  readonly turns: number;
}

/** Polling is for information: a single process of clients is what is slow there. One turn will do. */
const heats: readonly Heat[] = sizes.flatMap((bytes) => [
  { bytes, transport: 'websocket', turns },
  { bytes, transport: 'polling', turns: 1 },
]);

/** What a server did with so many clients. */
interface Run {
  readonly cpuMs: number;
  readonly report: ViewersReport;
  /** Messages that were made; NaN: the server does not say. */
  readonly encodings: number;
}

/** A run with a single client, and one with all of them. */
interface Turn {
  readonly single: Run;
  readonly all: Run;
}

type Server = ServerProcess & { readonly name: (typeof names)[number] };

async function startServers({ use, pinning }: BenchContext, engineUrl: string): Promise<readonly Server[]> {
  const env = { ENGINE_URL: engineUrl };
  // No other polls than those for metrics.
  const gateway = await use(startGatewayProcess(pinning, { ...env, POLL_CRON: '0 0 * * * *' }));
  const plain = await use(startScript(pinning, plainServer, env));
  return [
    { ...gateway, name: 'gateway' },
    { ...plain, name: 'plain' },
  ];
}

async function encodingsOf({ name, port }: Server): Promise<number> {
  if (name === 'plain') return Number.NaN;
  return (await readMetrics(`http://127.0.0.1:${port}`)).value('bff_encode_seconds_count');
}

async function run(viewers: Viewers, server: Server, transport: TransportName, count: number): Promise<Run> {
  const { pid, port } = server;
  try {
    await viewers.open({ port, transport, count });
    await viewers.reset();
    await waitFor('the warm-up', async () => (await viewers.report()).fewest >= warmUpUpdates);
    // The window begins and ends half-way between two updates.
    await pause(intervalMs / 2);
    await viewers.reset();
    const encodingsBefore = await encodingsOf(server);
    const cpuBefore = processorTime(pid).cpuMs;
    await pause(updates * intervalMs);
    const cpuMs = processorTime(pid).cpuMs - cpuBefore;
    const encodings = (await encodingsOf(server)) - encodingsBefore;
    // What the server has sent may have to be read yet.
    await pause(intervalMs / 4);
    const report = await viewers.report();
    if (report.updates === 0) throw new Error(`no updates; errors: ${report.errors.join('; ')}`);
    return { cpuMs, report, encodings };
  } finally {
    await viewers.close();
    await untilAtRest(pid);
  }
}

async function measure(viewers: Viewers, server: Server, transport: TransportName): Promise<Turn> {
  const single = await run(viewers, server, transport, 1);
  return { single, all: await run(viewers, server, transport, clients) };
}

/** µs of the processor for an update, with all that the process does. */
const wholeCpu = ({ all }: Turn) => (all.cpuMs * 1000) / all.report.updates;

/** The same without what it does for a single client as well. */
const deliveryCpu = ({ single, all }: Turn) =>
  ((all.cpuMs - single.cpuMs) * 1000) / (all.report.updates - single.report.updates);

const titleOf = (name: string, { bytes, transport }: Heat) => `${name}, ${transport}, ${bytes / 1000} KB`;

/** Of all clients and turns together. */
function missed(board: Scoreboard<Turn>, entry: string, bar?: Bar): Figure {
  const misses = board.turns(entry).map(({ all }) => all.report.missed);
  const value = misses.length === 0 ? Number.NaN : misses.reduce((sum, count) => sum + count, 0);
  const figure = { name: `updates missed: ${entry}`, value, unit: '', note: `turns ${spread(misses, 0)}` };
  return bar === undefined ? figure : { ...figure, bar };
}

function figuresOf(board: Scoreboard<Turn>, heat: Heat): readonly Figure[] {
  const [gateway, plain] = [titleOf('gateway', heat), titleOf('plain', heat)];
  const title = `${heat.transport}, ${heat.bytes / 1000} KB`;
  const isWebSocket = heat.transport === 'websocket';
  const half: Bar = { is: '≤', value: 0.5 };
  const encodings = ({ all }: Turn) => all.encodings / all.report.revisions;
  const each = [gateway, plain].flatMap((entry) => [
    board.figure(`CPU an update: ${entry}`, 'µs', entry, deliveryCpu),
    board.figure(`with all else: ${entry}`, 'µs', entry, wholeCpu),
    board.figure(`first client to last, p50: ${entry}`, 'ms', entry, ({ all }) => all.report.firstToLast.p50),
    board.figure(`payload: ${entry}`, 'bytes', entry, ({ all }) => all.report.payloadBytes),
    missed(board, entry, isWebSocket ? { is: '=', value: 0 } : undefined),
  ]);
  const bar = isWebSocket && clients === usualClients ? half : undefined;
  return [
    ...each,
    board.ratio(`CPU an update, gateway ÷ plain: ${title}`, gateway, plain, deliveryCpu, bar),
    board.ratio(`with all else, gateway ÷ plain: ${title}`, gateway, plain, wholeCpu),
    board.figure(
      `encodings a change: ${gateway}`,
      '',
      gateway,
      encodings,
      isWebSocket ? { is: '=', value: 1 } : undefined,
    ),
  ];
}

await runBench('socket-io', async (context) => {
  context.say(`${clients} clients, ${turns} turns each of ${updates} updates, one a second`);
  const viewers = await context.use(startViewers());
  const engine = await context.use(startSnapshotEngine(warmUpBytes));
  const servers = await startServers(context, engine.url);
  // Until everything has been compiled: in a turn there are too few deliveries for that.
  for (const server of servers) {
    for (const { transport } of heats) await run(viewers, server, transport, clients);
  }
  const board = new Scoreboard<Turn>();
  for (const heat of heats) {
    engine.resize(heat.bytes);
    for (let turn = 0; turn < heat.turns; turn += 1) {
      for (const server of servers) {
        await board.take(titleOf(server.name, heat), () => measure(viewers, server, heat.transport));
      }
    }
  }
  return heats.flatMap((heat) => figuresOf(board, heat));
});
