import { parseArgs } from 'node:util';
import { type Build, beforeOption, buildsOf } from './builds.ts';
import { startEngine } from './engine.ts';
import { deflateOffer } from './fan-out/contestants.ts';
import { deflatedPing } from './fan-out/deflated-ping.ts';
import { holdClients } from './fan-out/load-generator.ts';
import { compilePrograms, type Programs } from './fan-out/programs.ts';
import { reserveInspector } from './inspect/inspector.ts';
import { residentBytes } from './machine.ts';
import { pause } from './monotonic.ts';
import type { Bar } from './report.ts';
import { type BenchContext, runBench } from './run-bench.ts';
import { Scoreboard } from './scoreboard.ts';
import { nodeFlags, startGatewayProcess } from './server-process.ts';

// What an idle connection costs the gateway in memory, with 10,000 of them less before the first, each time in a
// process of its own that was just started: RSS, and what its objects take once garbage is collected (heap used, and
// the little outside of the heap that they hold). Before the first measurement garbage is collected, too: what
// starting left behind would otherwise be taken off the connections. "Idle" is what idle dashboards are: each is sent
// its unchanged packet every 5 s. Flags for the server's Node:
//
//   BENCH_SERVER_FLAGS=--max-semi-space-size=8 npm run bench -- idle-memory
//   npm run bench -- idle-memory [--clients 10000] [--turns 1] [--before DIR]

const { values: args } = parseArgs({
  options: {
    ...beforeOption,
    clients: { type: 'string', default: '10000' },
    turns: { type: 'string', default: '1' },
  },
});
const builds = buildsOf(args.before);
const clients = Number(args.clients);
const turns = Number(args.turns);
const startedMs = 3000;
const settleMs = 15_000;
const kilobyte = 1024;

/** KB a connection. */
interface Growth {
  /** RSS as it is. */
  readonly idle: number;
  /** RSS of which so much stays when garbage is collected. */
  readonly live: number;
  /** What its objects take then. */
  readonly heap: number;
  /** RSS since `live`, collected again, after each client sent one compressed message. NaN without compression. */
  readonly afterPing: number;
}

async function measure(
  { use, pinning }: BenchContext,
  programs: Programs,
  build: Build,
  extensions?: string,
): Promise<Growth> {
  const engine = await use(startEngine());
  const slot = await reserveInspector();
  const env = {
    ENGINE_URL: engine.url,
    MAX_CONNECTIONS_PER_IP: '0',
    POLL_CRON: '0 0 * * * *',
    ...slot.env,
  };
  const gateway = await use(startGatewayProcess(pinning, env, build));
  const inspector = await use(slot.connect());
  const resident = () => residentBytes(gateway.pid);
  const collected = async () => {
    await inspector.collectGarbage();
    return { rss: resident(), heap: await inspector.usedBytes() };
  };
  const each = (bytes: number) => bytes / clients / kilobyte;

  await pause(startedMs);
  const before = await collected();
  const offer = extensions === undefined ? {} : { extensions };
  const held = await use(holdClients(programs.loadGenerator, { port: gateway.port, clients, ...offer }));
  await pause(settleMs);
  const idle = resident();
  const live = await collected();
  const afterPing = async (): Promise<number> => {
    await held.write(deflatedPing());
    await pause(settleMs);
    return each((await collected()).rss - live.rss);
  };
  const growth = {
    idle: each(idle - before.rss),
    live: each(live.rss - before.rss),
    heap: each(live.heap - before.heap),
    afterPing: extensions === undefined ? Number.NaN : await afterPing(),
  };
  await held.end();
  // A process waits at its end for whoever looks into it.
  await inspector.stop();
  await gateway.stop();
  return growth;
}

const plain = 'idle connection';
const deflate = 'idle connection with permessage-deflate';

await runBench('idle-memory', async (context) => {
  context.say(`${clients} connections, RSS ${settleMs / 1000} s after the last of them`);
  context.say(`flags of the server: ${nodeFlags.join(' ') || 'none'}`);
  const programs = await context.use(compilePrograms());
  const board = new Scoreboard<Growth>();
  for (let turn = 0; turn < turns; turn += 1) {
    for (const build of builds) {
      await board.take(build.entry(plain), () => measure(context, programs, build));
    }
    for (const build of builds) {
      await board.take(build.entry(deflate), () => measure(context, programs, build, deflateOffer));
    }
  }
  const rss = (entry: string, limit: number) => [
    ...board.compared(entry, 'KB', entry, ({ idle }) => idle, { is: '≤', value: limit }),
    ...board.compared(`${entry}, garbage collected`, 'KB', entry, ({ live }) => live),
  ];
  const heap = (entry: string, bar?: Bar) =>
    board.compared(`${entry}, heap used`, 'KB', entry, (growth) => growth.heap, bar);
  return [
    ...rss(plain, 6),
    ...heap(plain, { is: '≤', value: 4.3 }),
    ...rss(deflate, 11),
    ...heap(deflate),
    ...board.compared(
      'more, after one compressed message from each',
      'KB',
      deflate,
      ({ afterPing }) => afterPing,
    ),
  ];
});
