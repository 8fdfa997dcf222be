import { connect } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DemoEngine, type DemoEngineOptions } from '../../src/demo/engine.ts';
import { EngineClock } from '../../src/demo/engine-clock.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { startDemoEngine } from './start-engine.ts';

const start = (options: DemoEngineOptions = {}) => startDemoEngine({ stepMs: 20, ...options });

async function get(url: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url);
  return { status: response.status, body: await response.json() };
}

describe('demo engine', () => {
  it('serves the state of a symbol, agents as a list and models as a map', async () => {
    const { url } = await start();
    const state = `${url}/api/system/state/current`;
    expect(await get(state)).toMatchObject({
      status: 200,
      body: { status: 'ACTIVE', market: { symbol: 'SPY' } },
    });
    expect(await get(`${state}?symbol=BTC-USD`)).toMatchObject({ body: { market: { symbol: 'BTC-USD' } } });
    expect(await get(`${state}?symbol=NOPE`)).toMatchObject({
      status: 404,
      body: { error: 'unknown symbol', symbol: 'NOPE' },
    });
    expect(await get(`${url}/api/system/metrics/agents`)).toMatchObject({
      body: expect.arrayContaining([expect.objectContaining({ name: 'MacroAgent' })]),
    });
    expect(await get(`${url}/api/system/metrics/models`)).toMatchObject({
      body: { ChronosService: { latency_ms: expect.any(Number), invocations: expect.any(Number) } },
    });
    expect(await get(`${url}/health`)).toEqual({ status: 200, body: { status: 'ok' } });
  });

  it('moves the market by its own timer', async () => {
    const { engine } = await start();
    const before = engine.market.state()?.market.price;
    await expect.poll(() => engine.market.state()?.market.price).not.toBe(before);
  });

  it('answers unknown paths 404 and wrong methods 405 with what is allowed', async () => {
    const { url } = await start();
    expect(await get(`${url}/nothing`)).toMatchObject({ status: 404, body: { path: '/nothing' } });
    const wrong = await fetch(`${url}/health`, { method: 'POST' });
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    const halt = await fetch(`${url}/api/system/halt`);
    expect([halt.status, halt.headers.get('allow')]).toEqual([405, 'POST']);
    const fault = await fetch(`${url}/demo/fault`, { method: 'DELETE' });
    expect([fault.status, fault.headers.get('allow')]).toEqual([405, 'GET, POST, HEAD']);
    expect((await fetch(`${url}/health`, { method: 'HEAD' })).status).toBe(200);
  });

  it('rejects with the reason where the port is in use', async () => {
    const { port } = await start();
    await expect(new DemoEngine({ port }).start()).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('leaves no connection and no port behind when it stops, and can start again', async () => {
    const { engine, port, url } = await start();
    await fetch(`${url}/health`);
    const silent = connect(port, '127.0.0.1');
    await new Promise((resolve) => silent.once('connect', resolve));
    const closed = new Promise((resolve) => silent.once('close', resolve));
    silent.on('error', () => undefined);
    await engine.stop();
    await engine.stop();
    await closed;
    await expect(fetch(`${url}/health`)).rejects.toThrow();
    expect(await engine.start()).toEqual({ port, url });
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  it('stays stopped where stop comes before start is done', async () => {
    const engine = new DemoEngine({ port: 0, stepMs: 5 });
    const [{ url }] = await Promise.all([engine.start(), engine.stop()]);
    await expect(fetch(`${url}/health`)).rejects.toThrow();
  });
});

function setUp() {
  const clock = createManualClock();
  const faults = { offsetMs: 0, everyMs: 0 };
  const engineClock = new EngineClock(clock, {
    clockOffsetMs: () => faults.offsetMs,
    moveEveryMs: () => faults.everyMs,
  });
  return { clock, faults, engineClock };
}

describe('engine clock', () => {
  it('shows a time that is off, and measures time as it is', () => {
    const { clock, faults, engineClock } = setUp();
    faults.offsetMs = -3_600_000;
    expect(engineClock.now()).toBe(clock.now() - 3_600_000);
    clock.advance(10);
    expect(engineClock.monotonic()).toBe(10);
  });

  it('leaves out what comes regularly while the engine stands still', () => {
    const { clock, faults, engineClock } = setUp();
    let calls = 0;
    const cancel = engineClock.every(1000, () => {
      calls += 1;
    });
    clock.advance(3000);
    faults.everyMs = Number.POSITIVE_INFINITY;
    clock.advance(3_600_000);
    expect(calls).toBe(3);
    faults.everyMs = 0;
    clock.advance(2000);
    expect(calls).toBe(5);
    cancel();
    clock.advance(2000);
    expect(calls).toBe(5);
  });

  it('puts off what comes once, until the engine moves again', () => {
    const { clock, faults, engineClock } = setUp();
    const calls: string[] = [];
    engineClock.after(1000, () => calls.push('kept'));
    const cancel = engineClock.after(1000, () => calls.push('cancelled'));
    faults.everyMs = Number.POSITIVE_INFINITY;
    clock.advance(10_000);
    expect(calls).toEqual([]);
    cancel();
    faults.everyMs = 0;
    clock.advance(10_000);
    expect(calls).toEqual(['kept']);
  });

  it('lets each thing happen once a bar, however often it would', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2000 }),
        fc.integer({ min: 2, max: 60 }),
        (everyMs, barSeconds) => {
          const { clock, faults, engineClock } = setUp();
          faults.everyMs = barSeconds * 1000;
          const bars: number[] = [];
          engineClock.every(everyMs, () => bars.push(Math.floor(clock.now() / faults.everyMs)));
          const first = Math.floor(clock.now() / faults.everyMs);
          clock.advance(10 * faults.everyMs);
          expect(bars.slice(0, 9)).toEqual(Array.from({ length: 9 }, (_, bar) => first + 1 + bar));
        },
      ),
      { numRuns: 50 },
    );
  });
});
