import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DemoEngine } from '../../src/demo/engine.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { startDemoEngine } from './start-engine.ts';

const statePath = '/api/system/state/current';

let engine: DemoEngine;
let url: string;

beforeEach(async () => {
  engine = new DemoEngine({ port: 0, stepMs: 20 });
  ({ url } = await engine.start());
});
afterEach(() => engine.stop());

async function setFault(fault: unknown): Promise<{ status: number; body: unknown }> {
  const body = typeof fault === 'string' ? fault : JSON.stringify(fault);
  const response = await fetch(`${url}/demo/fault`, { method: 'POST', body });
  return { status: response.status, body: await response.json() };
}

const healthy = () =>
  fetch(`${url}/health`).then(
    (response) => response.ok,
    () => false,
  );

describe('demo engine under a fault', () => {
  it('shows the faults in force, and refuses a bad one by field', async () => {
    const faults = [{ kind: 'error', path: statePath, status: 503 }];
    expect(await setFault(faults[0])).toEqual({ status: 200, body: { faults } });
    expect(await setFault({ kind: 'error', path: 7 })).toMatchObject({
      status: 400,
      body: { field: 'path' },
    });
    expect(await setFault('{"kind"')).toMatchObject({ status: 400, body: { field: 'body' } });
    expect(await setFault(' '.repeat(17_000))).toMatchObject({ status: 413 });
    expect(await setFault(' '.repeat(300_000))).toMatchObject({ status: 413 });
    expect(await (await fetch(`${url}/demo/fault`)).json()).toEqual({ faults });
  });

  it('error: answers that status on that path only, until cleared', async () => {
    await setFault({ kind: 'error', status: 503, path: statePath });
    const response = await fetch(url + statePath);
    expect([response.status, await response.json()]).toEqual([503, { error: 'demo fault', status: 503 }]);
    expect(await healthy()).toBe(true);
    await setFault({ kind: 'none' });
    expect((await fetch(url + statePath)).status).toBe(200);
  });

  it('offline: answers 200 and that it is offline', async () => {
    await setFault({ kind: 'offline' });
    expect(await (await fetch(url + statePath)).json()).toEqual({
      error: 'engine offline',
      status: 'offline',
    });
  });

  it('slow: answers late, with the effect of a command at once', async () => {
    await setFault({ kind: 'slow', delayMs: 300 });
    const started = performance.now();
    let answered = false;
    const answer = fetch(`${url}/api/system/halt`, { method: 'POST' }).finally(() => {
      answered = true;
    });
    await expect.poll(() => engine.market.status(), { interval: 5 }).toBe('HALT');
    expect(answered).toBe(false);
    expect((await answer).status).toBe(200);
    expect(performance.now() - started).toBeGreaterThan(290);
  });

  it('hang: accepts, never answers, and lets go when the engine stops', async () => {
    await setFault({ kind: 'hang' });
    await expect(fetch(url + statePath, { signal: AbortSignal.timeout(100) })).rejects.toThrow(
      /abort|timeout/i,
    );
    const hung = expect(fetch(url + statePath)).rejects.toThrow('fetch failed');
    await expect(fetch(url + statePath, { signal: AbortSignal.timeout(50) })).rejects.toThrow();
    await engine.stop();
    await hung;
  });

  it('malformed: answers 200 without a JSON object', async () => {
    await setFault({ kind: 'malformed' });
    const response = await fetch(url + statePath);
    expect(response.status).toBe(200);
    await expect(response.json()).rejects.toThrow(SyntaxError);
  });

  it('huge: answers valid JSON of over 5 MiB', async () => {
    await setFault({ kind: 'huge' });
    const body = await (await fetch(url + statePath)).text();
    expect(body.length).toBeGreaterThan(5 * 1024 * 1024);
    expect(JSON.parse(body)).toMatchObject({ status: 'ACTIVE' });
  });

  it('wrong: answers valid JSON of the wrong shape, or a redirect', async () => {
    await setFault({ kind: 'wrong' });
    expect(await (await fetch(url + statePath)).json()).toMatchObject({ market: 'SPY 450.32' });
    await fetch(url + statePath);
    const redirect = await fetch(url + statePath, { redirect: 'manual' });
    expect([redirect.status, redirect.headers.get('location')]).toEqual([
      302,
      `http://127.0.0.2:9${statePath}`,
    ]);
  });

  it('ends a fault by itself', async () => {
    await setFault({ kind: 'error', seconds: 0.1 });
    expect(await healthy()).toBe(false);
    await expect.poll(healthy).toBe(true);
  });

  it('stop: answers, cuts its connections and every further one, and is back by itself', async () => {
    await setFault({ kind: 'hang', path: statePath });
    const hung = expect(fetch(url + statePath)).rejects.toThrow('fetch failed');
    expect(await setFault({ kind: 'stop', seconds: 0.5 })).toMatchObject({
      status: 200,
      body: { stopping: true },
    });
    await hung;
    expect(await healthy()).toBe(false);
    expect(engine.faults.list()).toMatchObject([{ kind: 'hang' }, { kind: 'stop' }]);
    await expect.poll(healthy).toBe(true);
    expect(engine.faults.list()).toMatchObject([{ kind: 'hang' }]);
  });

  it('stop: is shown and ended where it was asked for', async () => {
    await setFault({ kind: 'stop', seconds: 600 });
    await expect.poll(healthy).toBe(false);
    expect(await (await fetch(`${url}/demo/fault`)).json()).toMatchObject({ faults: [{ kind: 'stop' }] });
    expect(await setFault({ kind: 'none' })).toEqual({ status: 200, body: { faults: [] } });
    expect(await healthy()).toBe(true);
  });

  it('stop: takes no command', async () => {
    await setFault({ kind: 'stop', seconds: 600 });
    await expect.poll(healthy).toBe(false);
    await expect(fetch(`${url}/api/system/halt`, { method: 'POST' })).rejects.toThrow('fetch failed');
    expect(engine.market.status()).toBe('ACTIVE');
  });

  it('stays down when it is stopped during an outage', async () => {
    engine.faults.apply({ kind: 'stop', seconds: 0.02 });
    await engine.stop();
    await expect.poll(() => engine.faults.list()).toEqual([]);
    expect(await healthy()).toBe(false);
  });
});

describe('demo engine that answers, and yet', () => {
  const commandsPath = '/api/system/halt';

  /** At the start of a minute by its own clock. */
  async function start() {
    const clock = createManualClock();
    const events: string[] = [];
    const publish = (channel: string, message: string) => void events.push(`${channel} ${message}`);
    const { engine: timed, url: timedUrl } = await startDemoEngine({ clock, publish });
    const post = (path: string, body: object = {}) =>
      fetch(timedUrl + path, { method: 'POST', body: JSON.stringify(body) });
    const state = async () => JSON.parse(await (await fetch(timedUrl + statePath)).text());
    return { engine: timed, clock, events, post, state };
  }

  it('freeze: stands still as a whole, publishes nothing, and still obeys', async () => {
    const { engine: frozen, clock, events, post, state } = await start();
    clock.advance(5000);
    await post('/demo/fault', { kind: 'freeze' });
    const before = await state();
    const told = events.length;
    clock.advance(600_000);
    expect(await state()).toEqual(before);
    expect(events).toHaveLength(told);

    expect((await post(commandsPath)).status).toBe(200);
    const halted = await state();
    expect(halted).toMatchObject({ status: 'HALT', timestamp: new Date(clock.now()).toISOString() });
    expect(events).toHaveLength(told + 2);
    clock.advance(600_000);
    expect(await state()).toEqual(halted);

    frozen.faults.apply({ kind: 'none' });
    clock.advance(1000);
    expect((await state()).timestamp).toBe(new Date(clock.now()).toISOString());
    expect(events.length).toBeGreaterThan(told + 2);
  });

  it('bars: moves once in each of those seconds, by the wall clock', async () => {
    const { clock, post, state } = await start();
    await post('/demo/fault', { kind: 'bars', everySeconds: 20 });
    const timestamps: string[] = [];
    for (let second = 0; second < 60; second += 1) {
      clock.advance(1000);
      timestamps.push((await state()).timestamp);
    }
    const moves = timestamps.flatMap((timestamp, at) => (timestamp === timestamps[at - 1] ? [] : [at]));
    expect(moves).toEqual([0, 19, 39, 59]);
  });

  it('clock: writes times that are off, in answers and events', async () => {
    const { clock, events, post, state } = await start();
    await post('/demo/fault', { kind: 'clock', offsetSeconds: -3600 });
    clock.advance(1000);
    const hourAgo = new Date(clock.now() - 3_600_000).toISOString();
    expect((await state()).timestamp).toBe(hourAgo);
    expect(events.at(-1)).toContain(`"timestamp":"${hourAgo}"`);
  });

  it.each([{ kind: 'stop', seconds: 600 }, { kind: 'hang' }])(
    '$kind: publishes nothing while the whole of it is away',
    async (fault) => {
      const { engine: away, clock, events } = await start();
      away.faults.apply(fault);
      const told = events.length;
      clock.advance(60_000);
      expect(events).toHaveLength(told);
      away.faults.apply({ kind: 'none' });
      await expect.poll(() => away.faults.list()).toEqual([]);
      clock.advance(1000);
      expect(events.length).toBeGreaterThan(told);
    },
  );

  it('error on the state alone: goes on publishing its prices', async () => {
    const { clock, events, post } = await start();
    await post('/demo/fault', { kind: 'error', path: statePath });
    const told = events.length;
    clock.advance(10_000);
    expect(events.slice(told).filter((event) => event.includes('"price"')).length).toBeGreaterThan(10);
  });
});
