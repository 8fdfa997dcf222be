import { parseArgs } from 'node:util';
import { type ContestantName, contestantNames, openArena } from './fan-out/contestants.ts';
import { type RoundsResult, runRounds } from './fan-out/load-generator.ts';
import { compilePrograms } from './fan-out/programs.ts';
import { untilAtRest } from './fan-out/rest.ts';
import { type Reading, Scoreboard } from './fan-out/scoreboard.ts';
import type { Bar, Figure } from './report.ts';
import { runBench } from './run-bench.ts';
import { summarise } from './stats.ts';

// One broadcast of 3 KB to thousands of clients, again and again: what a delivery costs the server's processor,
// beside plain broadcasts with ws and with Socket.IO, and beside the floor, one write() a socket in C; and how long
// the last client waits. Each contestant is a process of its own and takes its turns while the others are idle.
//
//   npm run bench -- fan-out [--clients 5000] [--turns 3] [--only gateway,floor]

/** The bars hold for this many; figures for other numbers are measured against none. */
const usualClients = 5000;
const { values: args } = parseArgs({
  options: {
    clients: { type: 'string', default: `${usualClients}` },
    turns: { type: 'string', default: '3' },
    only: { type: 'string', default: contestantNames.join() },
  },
});
const clients = readCount('clients', args.clients);
const turns = readCount('turns', args.turns);
const only = readNames(args.only);

const warmUp = 10;
/** As often as a p99 needs, in two halves so that both contestants meet the machine in the same moods. */
const paced = { hz: 10, rounds: 250, halves: 2 };

/** What one contestant does in a turn. */
interface Heat {
  readonly name: ContestantName;
  readonly clients: number;
  readonly rounds: number;
  /** Rounds a second; undefined: as many as there can be. */
  readonly hz?: number;
}

const throughput: readonly Heat[] = [
  { name: 'gateway', clients, rounds: 30 },
  { name: 'ws', clients, rounds: 30 },
  { name: 'floor', clients, rounds: 30 },
  { name: 'socket.io', clients, rounds: 15 },
  { name: 'gateway-deflate', clients, rounds: 30 },
  // Each of its rounds takes as long as ten of the others'.
  { name: 'ws-deflate', clients, rounds: 5 },
  { name: 'gateway', clients: 2 * clients, rounds: 15 },
  { name: 'floor', clients: 2 * clients, rounds: 15 },
];
const latency: readonly Heat[] = (['gateway', 'floor'] as const).map((name) => ({
  name,
  clients,
  rounds: paced.rounds,
  hz: paced.hz,
}));

const titleOf = (heat: Heat) =>
  `${heat.name}, ${heat.clients} clients${heat.hz === undefined ? '' : `, ${heat.hz} Hz`}`;
const heatOf = (heats: readonly Heat[], name: ContestantName, count?: number): string | undefined => {
  const heat = heats.find((one) => one.name === name && one.clients === (count ?? one.clients));
  return heat && titleOf(heat);
};
const deliveriesACpuSecond: Reading = (turn) => turn.deliveriesACpuSecond;

function throughputFigures(board: Scoreboard): readonly Figure[] {
  const measured = throughput.filter((heat) => board.has(titleOf(heat)));
  return [
    ...measured.map((heat) =>
      board.figure(`deliveries a CPU-second: ${titleOf(heat)}`, '/s', titleOf(heat), deliveriesACpuSecond),
    ),
    ...measured
      .filter((heat) => heat.clients <= clients)
      .map((heat) =>
        board.figure(`bytes a delivery: ${heat.name}`, 'bytes', titleOf(heat), (turn) => turn.bytesADelivery),
      ),
  ];
}

/** Deliveries a CPU-second of one to those of another, where both took part. */
function ratioFigures(board: Scoreboard): readonly Figure[] {
  const ratio = (ours: ContestantName, theirs: ContestantName, bar: Bar, count?: number): Figure[] => {
    const entry = heatOf(throughput, ours, count);
    const to = heatOf(throughput, theirs, count);
    if (entry === undefined || to === undefined || !board.has(entry) || !board.has(to)) return [];
    const name = `${ours} ÷ ${theirs}${count === undefined ? '' : `, ${count} clients`}`;
    return [board.ratio(name, entry, to, deliveriesACpuSecond, clients === usualClients ? bar : undefined)];
  };
  return [
    ...ratio('gateway', 'ws', { is: '≥', value: 1.5 }),
    ...ratio('gateway', 'floor', { is: '≥', value: 0.8 }, clients),
    ...ratio('gateway', 'floor', { is: '≥', value: 0.75 }, 2 * clients),
    ...ratio('gateway-deflate', 'ws-deflate', { is: '≥', value: 25 }),
  ];
}

function latencyFigures(board: Scoreboard): readonly Figure[] {
  const entries = latency.map(titleOf).filter((title) => board.has(title));
  const [ours, floors] = entries.map((title) =>
    summarise(board.turns(title).flatMap((turn) => turn.lastClientMs)),
  );
  const figures = entries.flatMap((title) => [
    board.figure(`last client p50: ${title}`, 'ms', title, (turn) => turn.lastClient.p50),
    board.figure(`last client p99: ${title}`, 'ms', title, (turn) => turn.lastClient.p99),
  ]);
  // Of one that failed there is nothing, and its own figures say so.
  if (!ours?.count || !floors?.count) return figures;
  return [
    ...figures,
    {
      name: 'last client p99, gateway ÷ floor',
      value: ours.p99 / floors.p99,
      unit: '×',
      ...(clients === usualClients ? { bar: { is: '≤', value: 1.6 } } : {}),
      note: `of ${ours.count} rounds each: ${ours.p99.toFixed(1)} ms, ${floors.p99.toFixed(1)} ms`,
    },
  ];
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
  const board = new Scoreboard();
  const run = async ({ name, clients: count, rounds, hz }: Heat): Promise<RoundsResult> => {
    const { server, clients: speech, trigger } = await arena(name);
    const pace = hz === undefined ? {} : { hz };
    const result = await runRounds(
      programs.loadGenerator,
      { ...speech, clients: count },
      { serverPid: server.pid, trigger, rounds, warmUp, ...pace },
    );
    await untilAtRest(server.pid);
    return result;
  };
  const runAll = async (heats: readonly Heat[], times: number) => {
    for (let turn = 0; turn < times; turn += 1) {
      for (const heat of heats.filter(({ name }) => only.has(name))) {
        await board.take(titleOf(heat), () => run(heat));
      }
    }
  };
  context.say(
    `${turns} turns as fast as it goes, then ${paced.halves * paced.rounds} rounds at ${paced.hz} Hz`,
  );
  await runAll(throughput, turns);
  await runAll(latency, paced.halves);
  return [...throughputFigures(board), ...ratioFigures(board), ...latencyFigures(board)];
});
