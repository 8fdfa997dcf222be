import { describe, expect, it } from 'vitest';
import { PollFailure } from '../../src/source/poll-failure.ts';
import { never, setUpEngine } from './engine-set-up.ts';

describe('Engine', () => {
  it('knows nothing at first', () => {
    expect(setUpEngine().engine.figures()).toEqual({
      requestCount: 0,
      successPercent: 100,
      latencyMs: undefined,
      lastSuccessAt: undefined,
    });
  });

  it('passes requests, answers and failures on as they are, and closes what it wraps', async () => {
    const { request, engine, isClosed } = setUpEngine();
    expect(await request(1)).toBe('/state');
    const failure = new PollFailure('connect', 'ECONNREFUSED');
    expect(await request(1, failure)).toBe(failure);
    await engine.close();
    expect(isClosed()).toBe(true);
  });

  it('counts a request when it is sent', () => {
    const { engine } = setUpEngine();
    const pending = engine.get('/hanging', never);
    expect(engine.figures()).toMatchObject({ requestCount: 1, successPercent: 100 });
    expect(pending).toBeInstanceOf(Promise);
  });

  it('counts as success what was answered with 2xx, and no other', async () => {
    const { request, engine } = setUpEngine();
    await request(5);
    await request(5, new PollFailure('timeout', 'late'));
    await request(5, new PollFailure('status', 'HTTP 500', { status: 500 }));
    await request(5);
    expect(engine.figures()).toMatchObject({ requestCount: 4, successPercent: 50 });
  });

  it('takes the latency of the last request that was answered, with whatever status', async () => {
    const { request, engine } = setUpEngine();
    await request(12.5);
    expect(engine.figures().latencyMs).toBe(12.5);
    await request(900, new PollFailure('timeout', 'late'));
    await request(1, new PollFailure('connect', 'ECONNREFUSED'));
    expect(engine.figures().latencyMs).toBe(12.5);
    await request(7, new PollFailure('status', 'HTTP 404', { status: 404 }));
    expect(engine.figures().latencyMs).toBe(7);
  });

  it('takes a poll for a success only where its answer could be used', async () => {
    const { request, engine, open, clock } = setUpEngine();
    const source = open('state');
    await request(1);
    source.failed('the answer is not valid JSON');
    expect(engine.figures().lastSuccessAt).toBeUndefined();
    clock.advance(10);
    source.succeeded();
    expect(engine.figures().lastSuccessAt).toBe(clock.now());
  });

  it('tells when a source fails and when it is well again, and not how long it goes on', () => {
    const { turns, open, clock } = setUpEngine();
    const [state, agents] = [open('state'), open('agents')];
    state.succeeded();
    agents.failed('HTTP 404');
    for (let second = 0; second < 3; second += 1) {
      clock.advance(1000);
      state.succeeded();
      agents.failed('HTTP 404');
    }
    expect(turns).toEqual([0]);
    state.failed('ECONNREFUSED');
    state.failed('ECONNREFUSED');
    clock.advance(1);
    state.succeeded();
    agents.succeeded();
    expect(turns).toEqual([0, 3000, 3001, 3001]);
  });

  it('takes Redis for no poll', () => {
    const { turns, open, engine } = setUpEngine();
    const redis = open('redis');
    redis.failed('lost', 'stale');
    redis.succeeded();
    expect(turns).toEqual([]);
    expect(engine.figures().lastSuccessAt).toBeUndefined();
  });

  it('tells nobody any more who has stopped listening', () => {
    const { turns, stop, open } = setUpEngine();
    stop();
    open('state').failed('HTTP 500');
    expect(turns).toEqual([]);
  });

  it('takes a source for well that is closed, and hears of it again when it is opened again', () => {
    const { turns, open } = setUpEngine();
    for (let turn = 1; turn <= 2; turn += 1) {
      const source = open('instances');
      source.failed('ECONNREFUSED');
      source.close();
      source.succeeded();
      expect(turns).toHaveLength(turn);
    }
  });
});

describe('Engine, of what it forwards for others,', () => {
  it('counts what it forwards, and passes answers and failures on as they are', async () => {
    const { forward, engine } = setUpEngine();
    expect(await forward(404)).toMatchObject({ status: 404, body: '/messages' });
    const failure = new PollFailure('connect', 'ECONNREFUSED');
    expect(await forward(failure)).toBe(failure);
    expect(engine.figures().requestCount).toBe(2);
  });

  it('has nobody spoil its figures by what they ask for, or by going away', async () => {
    const { forward, request, engine } = setUpEngine();
    await request(5);
    const gone = AbortSignal.abort();
    for (let count = 0; count < 10; count += 1) {
      await forward(404);
      await forward(429);
      await forward(new PollFailure('timeout', 'no complete answer in time'), gone);
      await forward(new PollFailure('too_large', 'body over 7 bytes'));
    }
    expect(engine.figures()).toMatchObject({ requestCount: 41, successPercent: 100, latencyMs: 5 });
  });

  it('takes what the engine fails at for a failure, whoever asked', async () => {
    const { forward, engine } = setUpEngine();
    const tooLate = AbortSignal.abort(new DOMException('too late', 'TimeoutError'));
    await forward(200);
    await forward(500);
    await forward(new PollFailure('connect', 'ECONNREFUSED'));
    await forward(new PollFailure('timeout', 'no complete answer in time'), tooLate);
    expect(engine.figures()).toMatchObject({ successPercent: 25, latencyMs: undefined });
  });
});
