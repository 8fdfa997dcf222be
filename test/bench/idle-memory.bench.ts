import { parseArgs } from 'node:util';
import { errorMessage } from '../../src/core/errors.ts';
import { startEngine } from './engine.ts';
import { deflateOffer } from './fan-out/contestants.ts';
import { deflatedPing } from './fan-out/deflated-ping.ts';
import { holdClients } from './fan-out/load-generator.ts';
import { compilePrograms, type Programs } from './fan-out/programs.ts';
import { reserveInspector } from './inspect/inspector.ts';
import { residentBytes } from './machine.ts';
import { pause } from './monotonic.ts';
import type { Figure } from './report.ts';
import { type BenchContext, runBench } from './run-bench.ts';
import { startGatewayProcess } from './server-process.ts';

// What an idle connection costs the gateway in memory: RSS with 10,000 of them, less RSS before the first, each
// time in a process of its own that was just started. Before the first measurement, and only then, its garbage is
// collected: what starting left behind would otherwise be taken off the connections. "Idle" is what idle dashboards
// are: each is sent its unchanged packet every 5 s.
//
//   npm run bench -- idle-memory [--clients 10000]

const { values: args } = parseArgs({ options: { clients: { type: 'string', default: '10000' } } });
const clients = Number(args.clients);
const startedMs = 3000;
const settleMs = 15_000;
const kilobyte = 1024;

/** Bytes a connection. */
interface Growth {
  readonly idle: number;
  /** Of which so much stays when garbage is collected. */
  readonly live: number;
  /** Since `live`, collected again, after each client sent one compressed message. Undefined without compression. */
  readonly afterPing: number | undefined;
}

async function measure(
  { use, pinning }: BenchContext,
  programs: Programs,
  extensions?: string,
): Promise<Growth> {
  const engine = await use(startEngine());
  const slot = await reserveInspector();
  const gateway = await use(
    startGatewayProcess(pinning, {
      ENGINE_URL: engine.url,
      MAX_CONNECTIONS_PER_IP: '0',
      POLL_CRON: '0 0 * * * *',
      ...slot.env,
    }),
  );
  const inspector = await use(slot.connect());
  const resident = () => residentBytes(gateway.pid);
  const collected = async () => {
    await inspector.collectGarbage();
    return resident();
  };

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
    return ((await collected()) - live) / clients;
  };
  const growth = {
    idle: (idle - before) / clients,
    live: (live - before) / clients,
    afterPing: extensions === undefined ? undefined : await afterPing(),
  };
  await held.end();
  // A process waits at its end for whoever looks into it.
  await inspector.stop();
  await gateway.stop();
  return growth;
}

const names = {
  plain: 'idle connection',
  plainLive: 'idle connection, garbage collected',
  deflate: 'idle connection with permessage-deflate',
  deflateLive: 'idle connection with permessage-deflate, garbage collected',
  afterPing: 'more, after one compressed message from each',
} as const;

const figure = (name: string, bytes: number, limit?: number): Figure => ({
  name,
  value: bytes / kilobyte,
  unit: 'KB',
  ...(limit === undefined ? {} : { bar: { is: '≤', value: limit } }),
});

async function deflateFigures(context: BenchContext, programs: Programs): Promise<readonly Figure[]> {
  try {
    const { idle, live, afterPing = Number.NaN } = await measure(context, programs, deflateOffer);
    return [
      figure(names.deflate, idle, 11),
      figure(names.deflateLive, live),
      figure(names.afterPing, afterPing),
    ];
  } catch (error) {
    const missing = { value: Number.NaN, unit: 'KB', note: errorMessage(error) };
    return [
      { name: names.deflate, ...missing },
      { name: names.afterPing, ...missing },
    ];
  }
}

await runBench('idle-memory', async (context) => {
  context.say(`${clients} connections, RSS ${settleMs / 1000} s after the last of them`);
  const programs = await context.use(compilePrograms());
  const { idle, live } = await measure(context, programs);
  return [
    figure(names.plain, idle, 9),
    figure(names.plainLive, live),
    ...(await deflateFigures(context, programs)),
  ];
});
