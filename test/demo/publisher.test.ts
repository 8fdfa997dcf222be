import { describe, expect, it, vi } from 'vitest';
import type { DemoEngineOptions } from '../../src/demo/engine.ts';
import { startDemoEngine } from './start-engine.ts';

/** Without steps, so that nothing but the test and the price events changes the market. */
const start = (options: DemoEngineOptions) => startDemoEngine({ stepMs: 60_000, activity: 0, ...options });

describe('demo engine events', () => {
  function listen() {
    const events: Record<string, unknown>[] = [];
    const channels = new Set<string>();
    const publish = (channel: string, message: string) => {
      channels.add(channel);
      events.push(JSON.parse(message));
    };
    return { events, channels, publish };
  }

  it('publishes prices between the steps, each the price a poll then shows', async () => {
    const { events, channels, publish } = listen();
    const { engine } = await start({ publish, eventsPerSecond: 100 });
    await expect.poll(() => events.length).toBeGreaterThan(5);
    const { timestamp, market } = engine.market.state() ?? {};
    expect(events.filter((event) => JSON.stringify(event).includes('"SPY"')).at(-1)).toEqual({
      timestamp: expect.any(String),
      market: { symbol: 'SPY', price: market?.price },
    });
    expect(events.at(-1)?.timestamp).toBe(timestamp);
    expect(JSON.stringify(events)).toContain('"AAPL"');
    expect([...channels]).toEqual(['state_update']);
  });

  it('publishes a halt and the whole log at once', async () => {
    const { events, publish } = listen();
    const { engine, url } = await start({ publish, eventsPerSecond: 0 });
    await fetch(`${url}/api/system/halt`, { method: 'POST' });
    const { timestamp, logs } = engine.market.state() ?? {};
    expect(events).toEqual([
      { timestamp, status: 'HALT' },
      { timestamp, logs },
    ]);
    await engine.stop();
    engine.market.resume();
    expect(events).toHaveLength(2);
  });

  it('survives a publisher that rejects or throws, and says so once', async () => {
    let calls = 0;
    const publish = (): Promise<void> => {
      calls += 1;
      if (calls % 2 === 0) throw new Error('thrown');
      return Promise.reject(new Error('rejected'));
    };
    const log = { info: vi.fn(), warn: vi.fn() };
    await start({ publish, eventsPerSecond: 200, log });
    await expect.poll(() => calls).toBeGreaterThan(10);
    expect(log.warn).toHaveBeenCalledExactlyOnceWith(
      { error: 'rejected', failed: 1 },
      'demo event not published',
    );
  });

  it('drops events rather than collect them where publishing never ends', async () => {
    let calls = 0;
    const log = { info: vi.fn(), warn: vi.fn() };
    const publish = () => {
      calls += 1;
      return new Promise<void>(() => undefined);
    };
    const { engine } = await start({ publish, eventsPerSecond: 0, log });
    for (let turn = 0; turn < 100; turn += 1) {
      engine.market.halt();
      engine.market.resume();
    }
    expect(calls).toBe(100);
    expect(log.warn).toHaveBeenCalledOnce();
  });
});
