import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DemoEngine } from '../../src/demo/engine.ts';
import { RedisPublisher } from '../../src/demo/redis-publisher.ts';
import { MemoryEvents } from '../../src/source/events.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { redisMissing, startRedis } from '../support/redis-server.ts';
import { useIn, waitFor } from '../support/wait.ts';
import { startDemoEngine } from './start-engine.ts';

const channels = [
  'state_update',
  'instance_events',
  'message_events',
  'diagnostics:log',
  'diagnostics:persona_entry',
  'diagnostics:graph_update',
  'diagnostics:llm',
];

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'engine-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** What an engine publishes in five minutes of its own time. */
async function lifeOf(seed: number) {
  const clock = createManualClock();
  const published: string[] = [];
  const publish = (channel: string, message: string) => void published.push(`${channel} ${message}`);
  const { engine } = await startDemoEngine({ seed, clock, publish });
  clock.advance(300_000);
  return { engine, clock, published };
}

describe('demo engine, over time', () => {
  it('publishes the same on all channels, in the same order, for the same seed', async () => {
    const [one, same, other] = [await lifeOf(3), await lifeOf(3), await lifeOf(4)];
    expect(one.published).toEqual(same.published);
    expect(one.published).not.toEqual(other.published);
    expect(new Set(one.published.map((line) => line.split(' ')[0]))).toEqual(new Set(channels));
    // Two prices a second are most of it.
    expect(one.published.length).toBeGreaterThan(900);
    expect(one.published.length).toBeLessThan(1500);
  });

  it('does nothing more once it is stopped, and goes on when it is started again', async () => {
    const { engine, clock, published } = await lifeOf(1);
    const told = published.length;
    await engine.stop();
    clock.advance(300_000);
    engine.instances.stop('agent-1');
    expect(published).toHaveLength(told);
    await engine.start();
    clock.advance(60_000);
    expect(new Set(published.slice(told).map((line) => line.split(' ')[0]))).toEqual(new Set(channels));
  });

  it('shows the active plans in the state of every symbol', async () => {
    const { url } = await startDemoEngine();
    for (const query of ['', '?symbol=QQQ']) {
      const response = await fetch(`${url}/api/system/state/current${query}`);
      expect(await response.json()).toMatchObject({ active_plans: 3 });
    }
  });

  it('leaves its instances as they are without activity', async () => {
    const clock = createManualClock();
    const { engine } = await startDemoEngine({ clock, activity: 0 });
    const before = engine.instances.list(true);
    clock.advance(3_600_000);
    expect(engine.instances.list(true)).toEqual(before);
    expect(engine.messages.list({ instance: undefined, correlationId: undefined }, 1)).toEqual([]);
  });

  it('writes and rotates a log of each running instance, and takes the folder it made with it', async () => {
    const clock = createManualClock();
    const logDir = join(newFolder(), 'logs');
    const { engine } = await startDemoEngine({ clock, logDir, logMaxBytes: 4096 });
    expect(readdirSync(logDir)).toEqual([1, 2, 3, 4].map((number) => `agent-${number}.log`));
    clock.advance(300_000);
    expect(readdirSync(logDir)).toContain('agent-1.log.1');
    await engine.stop();
    expect(existsSync(logDir)).toBe(false);
  });

  it('leaves no folder behind where its port is in use', async () => {
    const { port } = await startDemoEngine();
    const logDir = join(newFolder(), 'logs');
    await expect(new DemoEngine({ port, logDir }).start()).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect(existsSync(logDir)).toBe(false);
  });

  it('opens no port where its log folder cannot be used', async () => {
    const { engine, port } = await startDemoEngine();
    await engine.stop();
    const failing = new DemoEngine({ port, logDir: join(newFolder(), 'no', 'logs') });
    await expect(failing.start()).rejects.toThrow('cannot write log files');
    await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow('fetch failed');
  });

  it('reaches a listener of each channel in the same process', async () => {
    const events = new MemoryEvents();
    const heard = new Set<string>();
    for (const channel of channels) events.subscribe(channel, () => heard.add(channel));
    const clock = createManualClock();
    await startDemoEngine({ clock, publish: events.publish });
    clock.advance(60_000);
    expect(heard).toEqual(new Set(channels));
  });

  it.skipIf(redisMissing)('reaches a subscriber of each channel by Redis', async (test) => {
    const redis = await useIn(test, startRedis());
    const publisher = new RedisPublisher(redis.url, { info: () => {}, warn: () => {} });
    test.onTestFinished(() => publisher.close());
    const subscriber = new Redis(redis.url);
    test.onTestFinished(() => subscriber.disconnect());
    const heard = new Set<string>();
    subscriber.on('message', (channel: string) => heard.add(channel));
    await subscriber.subscribe(...channels);
    await startDemoEngine({
      publish: (channel, message) => publisher.publish(channel, message),
      activity: 100,
    });
    await waitFor('an event on each channel', () => heard.size === channels.length, {
      state: () => [...heard],
    });
  });
});
