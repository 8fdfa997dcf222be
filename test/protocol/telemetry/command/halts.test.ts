import { describe, expect, it } from 'vitest';
import { setUpCommands, watch } from './set-up.ts';

const confirmed = 'HALT confirmed after the RESUME it cancelled';

/** Has a RESUME sent whose answer is lost. */
async function loseResume({ engine, run, passTimeUntil }: Awaited<ReturnType<typeof setUpCommands>>) {
  const resumed = watch(run('RESUME'));
  (await engine.next('RESUME')).drop();
  await passTimeUntil('its outcome', () => resumed.outcome);
  expect(resumed.outcome).toMatchObject({ ok: false, code: 'ENGINE_UNREACHABLE', effect: 'unknown' });
}

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
    const parts = await setUpCommands(test);
    const { engine, run, clock, log, state, passTimeUntil, passTime } = parts;
    await loseResume(parts);
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
    const parts = await setUpCommands(test);
    const { engine, run, log, passTime } = parts;
    await loseResume(parts);
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
    const parts = await setUpCommands(test);
    const { engine, run, log, passTimeUntil } = parts;
    await loseResume(parts);
    const halted = run('HALT');
    (await engine.next('HALT')).answer();
    await halted;
    await engine.close();
    await passTimeUntil('the report', () => log.entries.some(({ level }) => level === 'error'), 250);
    expect(log.entries.find(({ level }) => level === 'error')?.fields).toMatchObject({ audit: true });
  });
});
