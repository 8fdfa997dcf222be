import { parseArgs } from 'node:util';
import { startRedis } from '../support/redis-server.ts';
import { waitFor } from '../support/wait.ts';
import { type Build, beforeOption, buildsOf, thisBuild } from './builds.ts';
import { timeConnect } from './connect-times.ts';
import { startEngine } from './engine.ts';
import { Sweeps } from './fairness/sweeps.ts';
import { pause } from './monotonic.ts';
import { startPublisher } from './publisher.ts';
import type { Figure } from './report.ts';
import { type BenchContext, runBench } from './run-bench.ts';
import { Scoreboard } from './scoreboard.ts';
import { startGatewayProcess } from './server-process.ts';

// Who is sent an update first, and who last: clients connect one after the other, and over many updates the place of
// each should tell nothing of when it came. The kernel reports sockets in the order in which something came for them,
// so that one process sees the order in which the gateway wrote; an update is sent when all have read the one before,
// since a socket that already has something to be read keeps its place in that order.
//
//   npm run bench -- fairness [--clients 2000] [--updates 200] [--turns 1] [--before DIR]
//
// Of the correlations of the updates the mean is what counts. That of the mean places says nothing of size: after many
// fair updates they differ by next to nothing, and next to nothing may well have an order.

const { values: args } = parseArgs({
  options: {
    ...beforeOption,
    clients: { type: 'string', default: '2000' },
    updates: { type: 'string', default: '200' },
    turns: { type: 'string', default: '1' },
  },
});
const builds = buildsOf(args.before);
const clients = Number(args.clients);
const updates = Number(args.updates);
const turns = Number(args.turns);
const warmUpUpdates = 20;
/** From the last client's reading to the next update: until what the gateway and the kernel had to do is done. */
const restMs = 10;

async function measure({ use, pinning }: BenchContext, build: Build): Promise<Sweeps> {
  const redis = await use(startRedis());
  const engine = await use(startEngine());
  const env = {
    ENGINE_URL: engine.url,
    REDIS_URL: redis.url,
    MAX_RATE_HZ: '0',
    MAX_CONNECTIONS_PER_IP: '0',
    POLL_CRON: '0 0 * * * *',
  };
  const gateway = await use(startGatewayProcess(pinning, env, build));
  const publisher = await use(startPublisher(redis.url));
  const sweeps = new Sweeps(clients);
  const sendAll = async (count: number) => {
    for (let update = 0; update < count; update += 1) {
      const { newest } = sweeps;
      await publisher.publish(1, 0);
      await waitFor('an update at every client', () => sweeps.newest > newest && sweeps.isOver);
      await pause(restMs);
    }
  };
  const connected = [];
  for (let index = 0; index < clients; index += 1) {
    const { client } = await timeConnect(gateway.port, (seq) => sweeps.got(index, seq));
    connected.push(client);
  }
  await sendAll(warmUpUpdates);
  sweeps.reset();
  await sendAll(updates);
  for (const client of connected) client.stop();
  await gateway.stop();
  return sweeps;
}

const entry = 'sweeps';

function correlation({ correlations }: Sweeps): number {
  return correlations.reduce((sum, one) => sum + one, 0) / correlations.length;
}

function figuresOf(board: Scoreboard<Sweeps>, build: Build): readonly Figure[] {
  const over = (name: string, read: (sweeps: Sweeps) => number, bar?: Figure['bar']) =>
    board.figure(build.entry(name), '', build.entry(entry), read, build === thisBuild ? bar : undefined);
  return [
    over('Spearman’s rho, order of connecting and place, mean of the updates', correlation),
    over('the same, whichever way', (sweeps) => Math.abs(correlation(sweeps)), { is: '<', value: 0.05 }),
    over('mean place of who is served best, share of all', ({ meanPlaces }) => Math.min(...meanPlaces)),
    over('mean place of who is served worst, share of all', ({ meanPlaces }) => Math.max(...meanPlaces)),
    over('updates that a client did not get, or got twice', ({ notOnce }) => notOnce, { is: '=', value: 0 }),
  ];
}

await runBench('fairness', async (context) => {
  context.say(`${clients} clients, ${updates} updates, each when all have the one before`);
  const board = new Scoreboard<Sweeps>();
  for (let turn = 0; turn < turns; turn += 1) {
    for (const build of builds) await board.take(build.entry(entry), () => measure(context, build));
  }
  return builds.toReversed().flatMap((build) => figuresOf(board, build));
});
