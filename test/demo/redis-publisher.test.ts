import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { Redis } from 'ioredis';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createRedisPublisher } from '../../src/demo/redis-publisher.ts';

const BINARY = '/usr/bin/redis-server';
const children: ChildProcess[] = [];
const closers: (() => unknown)[] = [];

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function startRedis(port: number): Promise<ChildProcess> {
  const settings = [
    '--port',
    `${port}`,
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    tmpdir(),
  ];
  const child = spawn(BINARY, settings, { stdio: ['ignore', 'pipe', 'ignore'] });
  children.push(child);
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    if (String(chunk).includes('Ready to accept connections')) break;
  }
  child.stdout.resume();
  return child;
}

async function endRedis(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

function publisherAt(port: number) {
  const log = { info: vi.fn(), warn: vi.fn() };
  const publisher = createRedisPublisher(`redis://127.0.0.1:${port}`, log);
  closers.push(publisher.close);
  return { publisher, log };
}

afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
  await Promise.all(children.splice(0).map(endRedis));
});

describe('redis publisher', () => {
  it('drops and counts what comes while redis is away, and says so once', async () => {
    const { publisher, log } = publisherAt(await freePort());
    await publisher.publish('state_update', '{}');
    await publisher.publish('state_update', '{}');
    expect(publisher.dropped()).toBe(2);
    await expect.poll(() => log.warn.mock.calls.length).toBe(1);
    await publisher.close();
    await publisher.close();
    await publisher.publish('state_update', '{}');
    expect(publisher.dropped()).toBe(3);
    expect(log.warn).toHaveBeenCalledOnce();
  });

  it('closes at once when it was never connected', async () => {
    const { publisher } = publisherAt(await freePort());
    await publisher.close();
  });

  it.skipIf(!existsSync(BINARY))('publishes, and again after redis was away', async () => {
    const port = await freePort();
    const first = await startRedis(port);
    const { publisher, log } = publisherAt(port);
    const received: string[] = [];

    async function subscribe(): Promise<void> {
      const subscriber = new Redis(port, '127.0.0.1', { retryStrategy: () => null });
      closers.push(() => subscriber.disconnect());
      subscriber.on('error', () => undefined);
      subscriber.on('message', (_channel: string, message: string) => received.push(message));
      await subscriber.subscribe('state_update');
    }

    await subscribe();
    await expect.poll(() => log.info.mock.calls.length).toBe(1);
    await publisher.publish('state_update', 'one');
    await expect.poll(() => received).toEqual(['one']);

    await endRedis(first);
    await expect.poll(() => log.warn.mock.calls.length).toBe(1);
    await publisher.publish('state_update', 'lost');
    await startRedis(port);
    await subscribe();
    await expect.poll(() => log.info.mock.calls.length, { timeout: 4000 }).toBe(2);
    await publisher.publish('state_update', 'two');
    await expect.poll(() => received).toEqual(['one', 'two']);
    expect(publisher.dropped()).toBe(1);
  });
});
