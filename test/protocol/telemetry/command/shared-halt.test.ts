import { describe, expect, it } from 'vitest';
import { setUpCommands, watch } from './set-up.ts';

describe('HALTs that share a request', () => {
  it('have 2 s each: one that joined late is tried on, by a request of its own', async (test) => {
    const { engine, run, clock, passTimeUntil, audits } = await setUpCommands(test);
    await engine.close();
    const first = watch(run('HALT', { requestId: 'first' }));
    clock.advance(1950);
    const joined = watch(run('HALT', { requestId: 'joined', reason: 'mine' }));
    await passTimeUntil('the end of the first', () => first.outcome);
    expect(first.outcome).toMatchObject({ ok: false, code: 'ENGINE_UNREACHABLE' });
    expect(clock.monotonic()).toBe(2000);
    await passTimeUntil('another second', () => clock.monotonic() >= 3000);
    expect(joined.outcome).toBeUndefined();
    await engine.open();
    await passTimeUntil('a request', () => engine.received.length === 1);
    const request = await engine.next('HALT');
    // To the key of the first an engine might repeat what it answered to that.
    expect([request.key, JSON.parse(request.body)]).toEqual(['key-2', { reason: 'mine' }]);
    request.answer();
    await passTimeUntil('the end of the other', () => joined.outcome);
    expect(joined.outcome).toMatchObject({ ok: true });
    expect(audits().map(({ fields }) => [fields.request_id, fields.outcome])).toEqual([
      ['first', 'ENGINE_UNREACHABLE'],
      ['joined', 'ACK'],
    ]);
  });

  it('are tried on together, and no longer than 2 s more', async (test) => {
    const { engine, run, clock, passTimeUntil, passTime } = await setUpCommands(test);
    await engine.close();
    void run('HALT');
    clock.advance(500);
    const joined = [watch(run('HALT')), watch(run('HALT'))];
    await passTimeUntil('their end', () => joined.every(({ outcome }) => outcome !== undefined));
    expect(clock.monotonic()).toBe(4000);
    for (const { outcome } of joined) expect(outcome).toMatchObject({ code: 'ENGINE_UNREACHABLE' });
    await engine.open();
    await passTime();
    expect(engine.received).toHaveLength(0);
  });

  it('share a refusal of the engine, which no repetition changes', async (test) => {
    const { engine, run } = await setUpCommands(test);
    const outcomes = [run('HALT'), run('HALT')];
    (await engine.next('HALT')).answer(403, '{}');
    for (const outcome of await Promise.all(outcomes)) {
      expect(outcome).toMatchObject({ ok: false, code: 'ENGINE_REFUSED' });
    }
    expect(engine.received).toHaveLength(1);
  });

  it('keep every RESUME waiting until the last of them has its outcome', async (test) => {
    const { engine, run, clock, passTimeUntil } = await setUpCommands(test);
    await engine.close();
    const first = watch(run('HALT'));
    clock.advance(1900);
    const joined = watch(run('HALT'));
    const resumed = watch(run('RESUME'));
    await passTimeUntil('the end of the first', () => first.outcome);
    await engine.open();
    await passTimeUntil('a request', () => engine.received.length === 1);
    (await engine.next('HALT')).answer();
    (await engine.next('RESUME')).answer();
    await passTimeUntil('the RESUME', () => resumed.outcome);
    expect([joined.outcome, resumed.outcome]).toMatchObject([{ ok: true }, { ok: true }]);
  });
});
