import { fileURLToPath } from 'node:url';
import { startRedis } from '../../support/redis-server.ts';
import { type Build, thisBuild } from '../builds.ts';
import { startEngine } from '../engine.ts';
import type { BenchContext } from '../run-bench.ts';
import { type ServerProcess, startGatewayProcess, startProgram, startScript } from '../server-process.ts';
import { type Calibration, calibrate } from './calibrate.ts';
import type { EventFeedEnvironment } from './event-feed.ts';
import { type Clients, runRounds } from './load-generator.ts';
import type { Programs } from './programs.ts';
import { redisTrigger, type Trigger } from './trigger.ts';

export const contestantNames = [
  'gateway',
  'ws',
  'socket.io',
  'floor',
  'gateway-deflate',
  'floor-deflate',
  'ws-deflate',
] as const;
export type ContestantName = (typeof contestantNames)[number];

/** A server that broadcasts, how its clients connect, and what makes it broadcast. */
export interface Contestant {
  readonly server: ServerProcess;
  readonly clients: Omit<Clients, 'clients'>;
  readonly trigger: Trigger;
}

/**
 * Starts contestants, each the first time that it is asked for. All broadcast what the gateway does.
 * @param build of a gateway. Default: this one.
 */
export type Arena = (name: ContestantName, build?: Build) => Promise<Contestant>;

/** As browsers offer it. */
export const deflateOffer = 'permessage-deflate; client_max_window_bits';
/** Least payload of a packet: larger than any greeting; of a compressed one little is known. */
const leastBytes = { plain: 2000, compressed: 20 };
/** Of a frame as large as a packet. */
const headerBytes = 4;

const wsServer = fileURLToPath(new URL('./ws-server.ts', import.meta.url));
const socketIoServer = fileURLToPath(new URL('./socket-io-server.ts', import.meta.url));

export async function openArena(context: BenchContext, programs: Programs): Promise<Arena> {
  const { use, pinning } = context;
  const redis = await use(startRedis());
  const engine = await use(startEngine());

  const startGateway = async (
    build: Build,
    name: ContestantName,
    extensions?: string,
  ): Promise<Contestant & { readonly calibration: Calibration }> => {
    const channel = build.entry(name);
    const env = {
      ENGINE_URL: engine.url,
      REDIS_URL: redis.url,
      REDIS_STATE_CHANNEL: channel,
      MAX_RATE_HZ: '0',
      MAX_CONNECTIONS_PER_IP: '0',
      // The first poll comes at the start; a later one would be one delivery too many.
      POLL_CRON: '0 0 * * * *',
    };
    const server = await use(startGatewayProcess(pinning, env, build));
    const { port } = server;
    const triggerWith = (notesBytes: number) => redisTrigger(redis.port, channel, notesBytes);
    const calibration = await calibrate(port, triggerWith);
    const clients =
      extensions === undefined
        ? { port, minBytes: leastBytes.plain }
        : { port, minBytes: leastBytes.compressed, extensions };
    return { server, clients, trigger: triggerWith(calibration.notesBytes), calibration };
  };

  const gateway = await startGateway(thisBuild, 'gateway');
  const { packet, notesBytes } = gateway.calibration;

  const startPlain = async (
    script: string,
    channel: string,
    speech: Partial<Clients>,
  ): Promise<Contestant> => {
    const env: EventFeedEnvironment = {
      REDIS_PORT: `${redis.port}`,
      CHANNEL: channel,
      DOCUMENT: JSON.stringify(packet.data),
      DEFLATE: `${speech.extensions !== undefined}`,
    };
    const server = await use(startScript(pinning, script, env));
    return {
      server,
      clients: { port: server.port, minBytes: leastBytes.plain, ...speech },
      trigger: redisTrigger(redis.port, channel, notesBytes),
    };
  };

  const startFloor = async (rawBytes: number): Promise<Contestant> => {
    const server = await use(startProgram(pinning, [programs.floor, `${rawBytes}`]));
    const { port } = server;
    return { server, clients: { port, rawBytes }, trigger: { port, bytes: '!' } };
  };

  /** Of what the gateway sends compressed, one frame to a client, on the average. */
  const compressedBytes = async (): Promise<number> => {
    const { server, clients, trigger } = await arena('gateway-deflate');
    const rounds = { serverPid: server.pid, trigger, rounds: 50, warmUp: 5 };
    const { bytesADelivery } = await runRounds(programs.loadGenerator, { ...clients, clients: 10 }, rounds);
    return Math.round(bytesADelivery);
  };

  const starters: Readonly<Record<ContestantName, (build: Build) => Promise<Contestant>>> = {
    gateway: (build) => (build === thisBuild ? Promise.resolve(gateway) : startGateway(build, 'gateway')),
    ws: () => startPlain(wsServer, 'ws', {}),
    'socket.io': () =>
      startPlain(socketIoServer, 'socket.io', {
        socketIo: true,
        path: '/socket.io/?EIO=4&transport=websocket',
      }),
    floor: () => startFloor(packet.bytes + headerBytes),
    'floor-deflate': async () => startFloor(await compressedBytes()),
    'gateway-deflate': (build) => startGateway(build, 'gateway-deflate', deflateOffer),
    'ws-deflate': () =>
      startPlain(wsServer, 'ws-deflate', {
        extensions: deflateOffer,
        minBytes: leastBytes.compressed,
      }),
  };
  const started = new Map<string, Promise<Contestant>>();
  const arena: Arena = (name, build = thisBuild) => {
    const entry = build.entry(name);
    const contestant = started.get(entry) ?? starters[name](build);
    started.set(entry, contestant);
    return contestant;
  };
  return arena;
}
