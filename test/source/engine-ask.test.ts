import { describe, expect, it } from 'vitest';
import { PollFailure } from '../../src/source/poll-failure.ts';
import { setUpEngine } from './engine-set-up.ts';

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
