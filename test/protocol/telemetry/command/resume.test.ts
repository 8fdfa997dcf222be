import { describe, expect, it } from 'vitest';
import { setUpCommands, watch } from './set-up.ts';

describe('RESUME', () => {
  it('is refused while the state is not fresh', async (test) => {
    const { engine, run, state } = await setUpCommands(test);
    state.fresh = false;
    expect(await run('RESUME')).toMatchObject({ ok: false, code: 'STALE' });
    state.fresh = true;
    const outcome = run('RESUME');
    (await engine.next('RESUME')).answer();
    expect(await outcome).toMatchObject({ ok: true });
    expect(engine.received).toHaveLength(1);
  });

  it.for(['drop', 'HTTP 503', 'HTTP 429'])('is never sent twice: %s', async (how, test) => {
    const { engine, run, passTime, passTimeUntil } = await setUpCommands(test);
    const seen = watch(run('RESUME'));
    const request = await engine.next('RESUME');
    if (how === 'drop') request.drop();
    else request.answer(Number(how.slice(5)), '{}');
    const told = await passTimeUntil('the outcome', () => seen.outcome);
    expect(told.ok).toBe(false);
    if (how === 'drop') expect(JSON.stringify(told)).toContain('may have taken effect');
    await passTime();
    const next = run('RESUME');
    (await engine.next('RESUME')).answer();
    await next;
    expect(engine.received).toHaveLength(2);
  });

  it('is sent once to an engine that starts to listen within 2 s', async (test) => {
    const { engine, run, clock, passTimeUntil, passTime } = await setUpCommands(test);
    await engine.close();
    const outcome = run('RESUME');
    await passTimeUntil('a second', () => clock.monotonic() >= 1000);
    await engine.open();
    await passTimeUntil('the request', () => engine.received.length > 0);
    (await engine.next('RESUME')).answer();
    expect(await outcome).toMatchObject({ ok: true });
    await passTime();
    expect(engine.received).toHaveLength(1);
  });

  it('is not sent any more when 2 s brought no connection', async (test) => {
    const { engine, run, clock, passTimeUntil, passTime } = await setUpCommands(test);
    await engine.close();
    const seen = watch(run('RESUME'));
    await passTimeUntil('the outcome', () => seen.outcome);
    expect(clock.monotonic()).toBe(2000);
    expect(seen.outcome).toMatchObject({ ok: false, code: 'ENGINE_UNREACHABLE' });
    expect(JSON.stringify(seen.outcome)).toContain('was not sent');
    await engine.open();
    await passTime();
    expect(engine.received).toHaveLength(0);
  });

  it('is not sent when the state became stale while there was no connection', async (test) => {
    const { engine, run, state, passTimeUntil } = await setUpCommands(test);
    await engine.close();
    const seen = watch(run('RESUME'));
    state.fresh = false;
    await engine.open();
    await passTimeUntil('the outcome', () => seen.outcome);
    expect(seen.outcome).toMatchObject({ ok: false, code: 'STALE' });
    expect(engine.received).toHaveLength(0);
  });

  it('is ENGINE_UNREACHABLE 5 s after it was sent without an answer, and says that it may have worked', async (test) => {
    const { engine, run, clock } = await setUpCommands(test);
    const outcome = run('RESUME');
    const request = await engine.next('RESUME');
    clock.advance(5000);
    const told = await outcome;
    expect(told).toMatchObject({ ok: false, code: 'ENGINE_UNREACHABLE', effect: 'unknown' });
    expect(JSON.stringify(told)).toContain('may have taken effect');
    await expect.poll(() => request.gone()).toBe(true);
  });

  it('waits for the RESUME before it, with a key of its own', async (test) => {
    const { engine, run } = await setUpCommands(test);
    const outcomes = [run('RESUME'), run('RESUME')];
    const first = await engine.next('RESUME');
    expect(engine.received).toHaveLength(1);
    first.answer(403, '{}');
    const second = await engine.next('RESUME');
    expect(second.key).not.toBe(first.key);
    second.answer();
    expect(await Promise.all(outcomes)).toMatchObject([{ code: 'ENGINE_REFUSED' }, { ok: true }]);
  });

  it('is refused when the state became stale while it waited', async (test) => {
    const { engine, run, state } = await setUpCommands(test);
    const outcomes = [run('RESUME'), run('RESUME'), run('RESUME')];
    const first = await engine.next('RESUME');
    state.fresh = false;
    first.answer();
    expect(await Promise.all(outcomes)).toMatchObject([{ ok: true }, { code: 'STALE' }, { code: 'STALE' }]);
    expect(engine.received).toHaveLength(1);
  });

  it('waits 5 s at most, and in a line of 64', async (test) => {
    const { engine, run, clock } = await setUpCommands(test);
    const first = watch(run('RESUME'));
    await engine.next('RESUME');
    clock.advance(1000);
    const waiting = Array.from({ length: 64 }, () => run('RESUME'));
    expect(await run('RESUME')).toMatchObject({ ok: false, code: 'LIMIT' });
    engine.handle((request) => request.answer());
    clock.advance(4000);
    await expect.poll(() => first.outcome).toMatchObject({ code: 'ENGINE_UNREACHABLE' });
    expect((await Promise.all(waiting)).every(({ ok }) => ok)).toBe(true);

    engine.handle(() => undefined);
    const hanging = watch(run('RESUME'));
    await expect.poll(() => engine.received.length).toBe(66);
    const late = run('RESUME');
    clock.advance(4999);
    expect(hanging.outcome).toBeUndefined();
    clock.advance(1);
    expect(await late).toMatchObject({ ok: false, code: 'ENGINE_UNREACHABLE' });
    expect(engine.received).toHaveLength(66);
  });
});
