import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readMetrics } from '../support/metrics.ts';
import { waitFor } from '../support/wait.ts';
import { untilAtRest } from './fan-out/rest.ts';
import { processorTime } from './machine.ts';
import { pause } from './monotonic.ts';
import type { Figure } from './report.ts';
import { type BenchContext, runBench } from './run-bench.ts';
import { Scoreboard } from './scoreboard.ts';
import { type ServerProcess, startGatewayProcess, startScript } from './server-process.ts';
import { startSnapshotEngine } from './socket-io/snapshot-engine.ts';
import { startViewers, type TransportName, type Viewers, type ViewersReport } from './socket-io/viewers.ts';
import { spread } from './stats.ts';

// What an update costs the server's processor where hundreds watch one range of metrics over Socket.IO, beside a
// plain program that emits it to one socket after the other: same engine, same interval, same payload. Polls and all
// else that the processes do is included. The clients are with one server at a time, in turn.
//
//   npm run bench -- socket-io [--clients 500] [--turns 3] [--updates 10]

/** The bar holds for this many. */
const usualClients = 500;
const { values: args } = parseArgs({
  options: {
    clients: { type: 'string', default: `${usualClients}` },
    turns: { type: 'string', default: '3' },
    updates: { type: 'string', default: '10' },
  },
});
const clients = Number(args.clients);
const turns = Number(args.turns);
const updates = Number(args.updates);

const plainServer = fileURLToPath(new URL('socket-io/plain-server.ts', import.meta.url));
const sizes = [3000, 30_000];
const warmUpUpdates = 3;
const intervalMs = 1000;
const names = ['gateway', 'plain'] as const;

interface Heat {
  readonly bytes: number;
  readonly transport: TransportName;
  readonly turns: number;
}

/** Polling is for information, and its turns are long: one will do. */
const heats: readonly Heat[] = sizes.flatMap((bytes) => [
  { bytes, transport: 'websocket', turns },
  { bytes, transport: 'polling', turns: 1 },
]);

interface Turn {
  readonly cpuUsPerUpdate: number;
  readonly report: ViewersReport;
  /** Messages made a snapshot; NaN: the server does not say. */
  readonly encodings: number;
}

type Server = ServerProcess & { readonly name: (typeof names)[number] };

/** Both servers, with an engine of their own whose snapshots are of that size. */
async function startServers({ use, pinning }: BenchContext, bytes: number): Promise<readonly Server[]> {
  const engine = await use(startSnapshotEngine(bytes));
  const env = { ENGINE_URL: engine.url };
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

async function measure(viewers: Viewers, server: Server, transport: TransportName): Promise<Turn> {
  const { pid, port } = server;
  try {
    await viewers.open({ port, transport, count: clients });
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
    const report = await viewers.report();
    if (report.updates === 0) throw new Error(`no updates; errors: ${report.errors.join('; ')}`);
    const cpuUsPerUpdate = (cpuMs * 1000) / report.updates;
    return { cpuUsPerUpdate, report, encodings: encodings / report.revisions };
  } finally {
    await viewers.close();
    await untilAtRest(pid);
  }
}

const titleOf = (name: string, { bytes, transport }: Heat) => `${name}, ${transport}, ${bytes / 1000} KB`;

/** Of all clients and turns together. */
function missed(board: Scoreboard<Turn>, entry: string): Figure {
  const misses = board
    .turns(entry)
    .map(({ report: { revisions, viewers, updates: got } }) => revisions * viewers - got);
  const value = misses.length === 0 ? Number.NaN : misses.reduce((sum, count) => sum + count, 0);
  const note = `turns ${spread(misses, 0)}`;
  return { name: `updates missed: ${entry}`, value, unit: '', bar: { is: '=', value: 0 }, note };
}

function figuresOf(board: Scoreboard<Turn>, heat: Heat): readonly Figure[] {
  const [gateway, plain] = [titleOf('gateway', heat), titleOf('plain', heat)];
  const cpu = (turn: Turn) => turn.cpuUsPerUpdate;
  const payload = (turn: Turn) => turn.report.payloadBytes;
  const spreadMs = (turn: Turn) => turn.report.firstToLast.p50;
  const encodings = (turn: Turn) => turn.encodings;
  const isBarred = heat.transport === 'websocket' && clients === usualClients;
  const bar = isBarred ? ({ is: '≤', value: 0.5 } as const) : undefined;
  const each = [gateway, plain].flatMap((entry) => [
    board.figure(`CPU an update: ${entry}`, 'µs', entry, cpu),
    board.figure(`first client to last, p50: ${entry}`, 'ms', entry, spreadMs),
    board.figure(`payload: ${entry}`, 'bytes', entry, payload),
    missed(board, entry),
  ]);
  return [
    ...each,
    board.ratio(`gateway ÷ plain: ${heat.transport}, ${heat.bytes / 1000} KB`, gateway, plain, cpu, bar),
    board.figure(`encodings a change: ${gateway}`, '', gateway, encodings, { is: '=', value: 1 }),
  ];
}

await runBench('socket-io', async (context) => {
  context.say(`${clients} clients, ${turns} turns each of ${updates} updates, one a second`);
  const viewers = await context.use(startViewers());
  const board = new Scoreboard<Turn>();
  for (const bytes of sizes) {
    const servers = await startServers(context, bytes);
    for (const heat of heats.filter((one) => one.bytes === bytes)) {
      for (let turn = 0; turn < heat.turns; turn += 1) {
        for (const server of servers) {
          await board.take(titleOf(server.name, heat), () => measure(viewers, server, heat.transport));
        }
      }
    }
  }
  return heats.flatMap((heat) => figuresOf(board, heat));
});
