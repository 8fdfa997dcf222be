import { parseArgs } from 'node:util';
import { type Build, beforeOption, buildsOf, thisBuild } from './builds.ts';
import { type ContestantName, contestantNames, openArena } from './fan-out/contestants.ts';
import { type RoundsResult, runRounds } from './fan-out/load-generator.ts';
import { compilePrograms } from './fan-out/programs.ts';
import { untilAtRest } from './fan-out/rest.ts';
import type { Bar, Figure } from './report.ts';
import { runBench } from './run-bench.ts';
import { Scoreboard } from './scoreboard.ts';

// One broadcast of 3 KB to thousands of clients, again and again: what a delivery costs the server's processor,
// beside plain broadcasts with ws and with Socket.IO, and beside the floor, one write() a socket in C of a frame of
// the same size; and how long the last client waits. Each contestant is a process of its own and takes its turns
// while the others are idle.
//
//   npm run bench -- fan-out [--clients 5000] [--turns 3] [--rounds 250] [--only gateway,floor] [--before DIR]

/** The bars hold for this many; figures for other numbers are measured against none. */
const usualClients = 5000;
const { values: args } = parseArgs({
  options: {
    ...beforeOption,
    clients: { type: 'string', default: `${usualClients}` },
    turns: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '250' },
    only: { type: 'string', default: contestantNames.join() },
  },
});
const builds = buildsOf(args.before);
const clients = readCount('clients', args.clients);
const turns = readCount('turns', args.turns);
/** Of a turn for latency: as many as a p99 needs. */
const pacedRounds = readCount('rounds', args.rounds);
const only = readNames(args.only);

const warmUp = 10;

/** What one contestant does in a turn. */
interface Heat {
  readonly name: ContestantName;
  readonly clients: number;
  readonly rounds: number;
  /** Rounds a second; undefined: as many as there can be. */
  readonly hz?: number;
}

/** Who is measured against the floor, each with that of its frame. */
const floors = { gateway: 'floor', 'gateway-deflate': 'floor-deflate' } as const;
type Gateway = keyof typeof floors;
const gateways: readonly Gateway[] = ['gateway', 'gateway-deflate'];
const sizes = [clients, 2 * clients];

const againstFloor = (rest: (clients: number) => Omit<Heat, 'name' | 'clients'>): readonly Heat[] =>
  sizes.flatMap((count) =>
    gateways.flatMap((gateway) => [
      { name: gateway, clients: count, ...rest(count) },
      { name: floors[gateway], clients: count, ...rest(count) },
    ]),
  );

const throughput: readonly Heat[] = [
  ...againstFloor((count) => ({ rounds: count === clients ? 30 : 15 })),
  { name: 'ws', clients, rounds: 30 },
  { name: 'socket.io', clients, rounds: 15 },
  // Each of its rounds takes as long as ten of the others'.
  { name: 'ws-deflate', clients, rounds: 5 },
];
/** Slowly enough for the server to be idle in between. */
const latency = againstFloor((count) => ({ rounds: pacedRounds, hz: count === clients ? 10 : 5 }));

const titleOf = ({ name, clients: count, hz }: Omit<Heat, 'rounds'>) =>
  `${name}, ${count} clients${hz === undefined ? '' : `, ${hz} Hz`}`;
const isGateway = (name: ContestantName) => gateways.some((gateway) => gateway === name);
const deliveriesACpuSecond = (turn: RoundsResult) => turn.deliveriesACpuSecond;
const lastClientP99 = (turn: RoundsResult) => turn.lastClient.p99;

function figuresOf(board: Scoreboard<RoundsResult>): readonly Figure[] {
  const took = (heats: readonly Heat[]) => heats.filter((heat) => board.has(titleOf(heat)));
  return [
    ...took(throughput).flatMap((heat) => {
      const title = titleOf(heat);
      return board.compared(`deliveries a CPU-second: ${title}`, '/s', title, deliveriesACpuSecond);
    }),
    ...took(throughput)
      .filter((heat) => heat.clients === clients)
      .map((heat) =>
        board.figure(`bytes a delivery: ${heat.name}`, 'bytes', titleOf(heat), (turn) => turn.bytesADelivery),
      ),
    ...ratiosOf(board, 'deliveries', throughput, deliveriesACpuSecond, { is: '≥', value: 0.9 }),
    ...ratio(board, 'gateway', 'ws', { is: '≥', value: 1.5 }),
    ...ratio(board, 'gateway-deflate', 'ws-deflate', { is: '≥', value: 25 }),
    ...took(latency).flatMap((heat) => {
      const title = titleOf(heat);
      return [
        board.figure(`last client p50: ${title}`, 'ms', title, (turn) => turn.lastClient.p50),
        ...board.compared(`last client p99: ${title}`, 'ms', title, lastClientP99),
      ];
    }),
    ...ratiosOf(board, 'last client p99', latency, lastClientP99, { is: '≤', value: 1.15 }),
  ];
}

/** What each gateway's turns are to those of its floor, where both took part. */
function ratiosOf(
  board: Scoreboard<RoundsResult>,
  what: string,
  heats: readonly Heat[],
  read: (turn: RoundsResult) => number,
  bar: Bar,
): readonly Figure[] {
  return heats.flatMap((heat) => {
    const gateway = gateways.find((name) => name === heat.name);
    if (gateway === undefined) return [];
    const floor = titleOf({ ...heat, name: floors[gateway] });
    const ours = titleOf(heat);
    if (!board.has(ours) || !board.has(floor)) return [];
    const name = `${what}, ${gateway} ÷ floor, ${heat.clients} clients`;
    return [board.ratio(name, ours, floor, read, usualOnly(bar))];
  });
}

/** Deliveries a CPU-second of one to those of another, where both took part. */
function ratio(
  board: Scoreboard<RoundsResult>,
  ours: ContestantName,
  theirs: ContestantName,
  bar: Bar,
): readonly Figure[] {
  const [entry, to] = [titleOf({ name: ours, clients }), titleOf({ name: theirs, clients })];
  if (!board.has(entry) || !board.has(to)) return [];
  return [board.ratio(`deliveries, ${ours} ÷ ${theirs}`, entry, to, deliveriesACpuSecond, usualOnly(bar))];
}

function usualOnly(bar: Bar): Bar | undefined {
  return clients === usualClients ? bar : undefined;
}

function readCount(name: string, text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new Error(`--${name} ${text}: a whole number is needed`);
  return count;
}

function readNames(text: string): ReadonlySet<string> {
  const names = text.split(',');
  const known: readonly string[] = contestantNames;
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`--only ${unknown}: there are ${known.join(', ')}`);
  return new Set(names);
}

await runBench('fan-out', async (context) => {
  const programs = await context.use(compilePrograms());
  const arena = await openArena(context, programs);
  const board = new Scoreboard<RoundsResult>();
  const run = async ({ name, clients: count, rounds, hz }: Heat, build: Build): Promise<RoundsResult> => {
    const { server, clients: speech, trigger } = await arena(name, build);
    const pace = hz === undefined ? {} : { hz };
    const result = await runRounds(
      programs.loadGenerator,
      { ...speech, clients: count },
      { serverPid: server.pid, trigger, rounds, warmUp, ...pace },
    );
    await untilAtRest(server.pid);
    return result;
  };
  const runAll = async (heats: readonly Heat[]) => {
    for (let turn = 0; turn < turns; turn += 1) {
      for (const heat of heats.filter(({ name }) => only.has(name))) {
        for (const build of isGateway(heat.name) ? builds : [thisBuild]) {
          await board.take(build.entry(titleOf(heat)), () => run(heat, build));
        }
      }
    }
  };
  context.say(`${turns} turns as fast as it goes, then ${turns} of ${pacedRounds} rounds at an easy pace`);
  await runAll(throughput);
  await runAll(latency);
  return figuresOf(board);
});
