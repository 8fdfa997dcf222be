import { describe, expect, it } from 'vitest';
import { setUpCommands, watch } from './set-up.ts';

const confirmed = 'HALT confirmed after the RESUME it cancelled';

describe('HALT against RESUME', () => {
  it('cancels the RESUMEs that wait, which are never sent', async (test) => {
    const { engine, run, passTime } = await setUpCommands(test);
    const resumes = [run('RESUME'), run('RESUME'), run('RESUME')];
    const first = await engine.next('RESUME');
    const halted = run('HALT');
    expect(await Promise.all(resumes)).toMatchObject(Array(3).fill({ ok: false, code: 'SUPERSEDED' }));
    (await engine.next('HALT')).answer();
    expect(await halted).toMatchObject({ ok: true });
    first.answer();
    (await engine.next('HALT')).answer();
    await passTime();
    expect(engine.received.filter(({ path }) => path.endsWith('resume'))).toHaveLength(1);
  });

  it('goes out at once beside a RESUME that hangs, and is repeated under a new key when that is answered', async (test) => {
    const { engine, run, log, state, passTime } = await setUpCommands(test);
    const resumed = run('RESUME');
    const resume = await engine.next('RESUME');
    const halted = run('HALT');
    expect(await resumed).toMatchObject({ ok: false, code: 'SUPERSEDED' });
    const halt = await engine.next('HALT');
    halt.answer();
    expect(await halted).toMatchObject({ ok: true });
    expect(resume.gone()).toBe(false);
    resume.answer(200, '{"status":"ACTIVE"}');
    const repeated = await engine.next('HALT');
    expect(repeated.key).not.toBe(halt.key);
    const acks = state.acks;
    repeated.answer();
    await expect.poll(() => log.entries.some(({ message }) => message === confirmed)).toBe(true);
    expect(state.acks).toBe(acks + 1);
    await passTime();
    expect(engine.received).toHaveLength(3);
  });

  it('is repeated after the answer of a RESUME also while the first HALT has none', async (test) => {
    const { engine, run } = await setUpCommands(test);
    void run('RESUME');
    const resume = await engine.next('RESUME');
    const halted = run('HALT');
    const halt = await engine.next('HALT');
    resume.answer();
    const repeated = await engine.next('HALT');
    expect(repeated.key).not.toBe(halt.key);
    repeated.answer();
    halt.answer();
    expect(await halted).toMatchObject({ ok: true });
  });

  it('keeps a RESUME from being sent that has no connection yet', async (test) => {
    const { engine, run, passTimeUntil, passTime } = await setUpCommands(test);
    await engine.close();
    const resumed = run('RESUME');
    const halted = run('HALT');
    expect(await resumed).toMatchObject({ code: 'SUPERSEDED', message: expect.stringContaining('not sent') });
    await engine.open();
    await passTimeUntil('the HALT', () => engine.received.length > 0);
    (await engine.next('HALT')).answer();
    expect(await halted).toMatchObject({ ok: true });
    await passTime();
    expect(engine.received).toHaveLength(1);
  });

  it('is repeated each second for 30 s after a RESUME whose answer was lost, and once after that', async (test) => {
    const { engine, run, clock, log, state, passTimeUntil, passTime } = await setUpCommands(test);
    const resumed = watch(run('RESUME'));
    (await engine.next('RESUME')).drop();
    await passTimeUntil('its outcome', () => resumed.outcome);
    expect(resumed.outcome).toMatchObject({ ok: false, code: 'ENGINE_UNREACHABLE', effect: 'unknown' });
    engine.handle((request) => request.answer());
    expect(await run('HALT')).toMatchObject({ ok: true });
    for (let second = 1; second < 30; second += 1) {
      clock.advance(999);
      expect(engine.received).toHaveLength(1 + second);
      clock.advance(1);
      // The next second counts from the answer, after which the state is polled.
      await expect.poll(() => state.acks, { interval: 2 }).toBe(1 + second);
    }
    await passTimeUntil('the last HALT', () => log.entries.some(({ message }) => message === confirmed));
    expect(clock.monotonic()).toBeGreaterThanOrEqual(30_000);
    const keys = engine.received.map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
    await passTime();
    expect(engine.received).toHaveLength(keys.length);
  });

  it('is repeated although the state showed the RESUME done that it cancelled, and that hangs', async (test) => {
    const { engine, run, log, polls, passTime } = await setUpCommands(test);
    void run('RESUME');
    await engine.next('RESUME');
    polls.answer('ACTIVE');
    engine.handle((request) => request.path.endsWith('halt') && request.answer());
    expect(await run('HALT')).toMatchObject({ ok: true });
    await passTime(20_000);
    expect(engine.received.length).toBeGreaterThan(10);
    expect(log.entries.some(({ message }) => message === confirmed)).toBe(false);
  });

  it('does not come after a newer RESUME', async (test) => {
    const { engine, run, log, passTime, passTimeUntil } = await setUpCommands(test);
    const lost = watch(run('RESUME'));
    (await engine.next('RESUME')).drop();
    await passTimeUntil('its outcome', () => lost.outcome);
    const halted = run('HALT');
    (await engine.next('HALT')).answer();
    await halted;
    const resumed = run('RESUME');
    (await engine.next('RESUME')).answer();
    expect(await resumed).toMatchObject({ ok: true });
    await passTime();
    expect(engine.received).toHaveLength(3);
    expect(log.entries.some(({ message }) => message === confirmed)).toBe(false);
  });

  it('lets go of a HALT without answer once a newer RESUME is sent', async (test) => {
    const { engine, run, clock } = await setUpCommands(test);
    const halted = run('HALT');
    const halt = await engine.next('HALT');
    clock.advance(2000);
    expect(await halted).toMatchObject({ ok: false });
    engine.handle((request) => {
      if (request.path.endsWith('resume')) request.answer();
    });
    expect(await run('RESUME')).toMatchObject({ ok: true });
    await expect.poll(() => halt.gone()).toBe(true);
  });

  it('makes a RESUME that comes after it wait for its answer', async (test) => {
    const { engine, run } = await setUpCommands(test);
    const halted = run('HALT');
    const halt = await engine.next('HALT');
    const resumed = watch(run('RESUME'));
    const joined = run('HALT');
    const again = run('RESUME');
    await expect.poll(() => resumed.outcome).toMatchObject({ code: 'SUPERSEDED' });
    expect(engine.received).toHaveLength(1);
    halt.answer();
    expect(await Promise.all([halted, joined])).toMatchObject([{ ok: true }, { ok: true }]);
    (await engine.next('RESUME')).answer();
    expect(await again).toMatchObject({ ok: true });
  });

  it('reports that it could not be confirmed when the engine stays away', async (test) => {
    const { engine, run, log, passTimeUntil } = await setUpCommands(test);
    const lost = watch(run('RESUME'));
    (await engine.next('RESUME')).drop();
    await passTimeUntil('its outcome', () => lost.outcome);
    const halted = run('HALT');
    (await engine.next('HALT')).answer();
    await halted;
    await engine.close();
    await passTimeUntil('the report', () => log.entries.some(({ level }) => level === 'error'), 250);
    expect(log.entries.find(({ level }) => level === 'error')?.fields).toMatchObject({ audit: true });
  });
});
