import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { listed, startInstanceEngine } from '../../support/instance-engine.ts';
import { startRedis } from '../../support/redis-server.ts';
import { RawClient } from '../raw-client.ts';
import type { BenchContext } from '../run-bench.ts';
import { type ServerProcess, startGatewayProcess } from '../server-process.ts';
import { MarkReader, mark } from './marks.ts';

/** A client that only reads, or does not. */
export interface Reader {
  readonly marks: MarkReader;
  stall(): void;
  destroy(): void;
}

/** A way to see events, and what makes one. */
export interface Endpoint {
  readonly name: string;
  readonly dialect: string;
  /** Whether each event is sent by itself: a state is conflated instead. */
  readonly whole: boolean;
  connect(): Reader;
  publish(): void;
}

export interface Stage {
  readonly gateway: ServerProcess;
  readonly endpoints: readonly Endpoint[];
}

/** What makes an event about as long as those of a real engine, with room for some words. */
const padding = 'x'.repeat(600);

/** A gateway with everything on that sends events. */
export async function openStage(context: BenchContext): Promise<Stage> {
  const redis = await context.use(startRedis());
  const engine = await context.use(startInstanceEngine([listed('a')], { once: true }));
  const directory = mkdtempSync(join(tmpdir(), 'stalled-events-'));
  await context.use({ stop: () => rmSync(directory, { recursive: true, force: true }) });
  const file = openSync(join(directory, 'a.log'), 'a');
  await context.use({ stop: () => closeSync(file) });
  const gateway = await context.use(
    startGatewayProcess(context.pinning, {
      ENGINE_URL: engine.url,
      REDIS_URL: redis.url,
      INSTANCE_LOG_DIR: directory,
      MAX_RATE_HZ: '0',
      POLL_CRON: '0 0 * * * *',
      LOG_LEVEL: 'info',
    }),
  );
  const publisher = new Redis(redis.url);
  await context.use({ stop: () => publisher.disconnect() });

  const webSocket = (path: string) => (): Reader => openWebSocket(gateway.port, path);
  const channel = (name: string, make: () => object) => (): void => {
    // What is still on its way at the end of the bench is nobody's loss.
    publisher.publish(name, JSON.stringify(make())).catch(() => {});
  };
  const state = channel('state_update', () => ({ notes: `${mark()} ${padding}` }));
  const endpoints: readonly Endpoint[] = [
    {
      name: '/ws/messages',
      ...{ dialect: 'streams', whole: true, connect: webSocket('/ws/messages') },
      publish: channel('message_events', () => ({
        ...{ message_id: 'm', event: 'sent', from: 'a', to: 'b', message_type: 't' },
        detail: `${mark()} ${padding}`,
      })),
    },
    {
      name: '/ws/instances',
      ...{ dialect: 'streams', whole: true, connect: webSocket('/ws/instances') },
      publish: channel('instance_events', () => ({ type: 'status_changed', name: 'a', status: mark() })),
    },
    {
      name: '/ws/instances/a/logs',
      ...{ dialect: 'streams', whole: true, connect: webSocket('/ws/instances/a/logs?backlog=0') },
      publish: () => void writeSync(file, `${mark()} ${padding}\n`),
    },
    {
      name: '/ws/diagnostics',
      ...{ dialect: 'diagnostics', whole: true, connect: webSocket('/ws/diagnostics') },
      publish: channel('diagnostics:graph_update', () => ({
        update_type: 'entity_updated',
        entity_id: mark(),
        details: { padding },
      })),
    },
    {
      name: '/ws/stream',
      ...{ dialect: 'telemetry', whole: false, connect: webSocket('/ws/stream'), publish: state },
    },
    {
      name: '/api/stream/telemetry',
      ...{ dialect: 'telemetry', whole: false, publish: state },
      connect: () => openEventStream(gateway.port, '/api/stream/telemetry'),
    },
  ];
  return { gateway, endpoints };
}

function openWebSocket(port: number, path: string): Reader {
  const marks = new MarkReader();
  const onPacket = (bytes: Buffer, start: number, end: number): void => marks.read(bytes, start, end, true);
  const client = new RawClient(port, { onPacket, onEnd: () => {} }, path);
  return { marks, stall: () => client.stall(), destroy: () => client.stop() };
}

function openEventStream(port: number, path: string): Reader {
  const marks = new MarkReader();
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  socket.on('data', (bytes) => marks.read(bytes, 0, bytes.length, false));
  socket.on('error', () => {});
  return { marks, stall: () => void socket.pause(), destroy: () => void socket.destroy() };
}
