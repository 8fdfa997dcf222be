import { describe, expect, it } from 'vitest';
import { setUpCommands, trader, watch } from './set-up.ts';

describe('command executor that is closed', () => {
  it('tells every RESUME, ends the connections, and sends nothing more', async (test) => {
    const { engine, run, commands, state, passTime } = await setUpCommands(test);
    const first = watch(run('RESUME'));
    const resume = await engine.next('RESUME');
    const queued = run('RESUME');
    await commands.close(5000);
    expect(await queued).toMatchObject({ ok: false, code: 'ENGINE_UNREACHABLE' });
    await expect.poll(() => first.outcome).toMatchObject({ ok: false, code: 'ENGINE_UNREACHABLE' });
    await expect.poll(() => resume.gone()).toBe(true);
    expect(await run('HALT')).toMatchObject({ ok: false, code: 'ENGINE_UNREACHABLE' });
    await passTime();
    expect(engine.received).toHaveLength(1);
    expect(state.acks).toBe(0);
    await commands.close(5000);
  });

  it('brings a HALT under way to its end, and takes nothing new meanwhile', async (test) => {
    const { engine, run, commands, passTimeUntil, clock } = await setUpCommands(test);
    await engine.close();
    const halted = watch(run('HALT'));
    const closed = commands.close(5000);
    expect(await run('RESUME')).toMatchObject({ ok: false, code: 'ENGINE_UNREACHABLE' });
    expect(await run('HALT')).toMatchObject({ ok: false, code: 'ENGINE_UNREACHABLE' });
    clock.advance(500);
    expect(halted.outcome).toBeUndefined();
    await engine.open();
    await passTimeUntil('the HALT', () => engine.received.length === 1);
    (await engine.next('HALT')).answer();
    await closed;
    expect(halted.outcome).toEqual({ ok: true, result: { ok: true }, isBegun: false });
  });

  it('tries no longer than a HALT is tried: 2 s', async (test) => {
    const { engine, run, commands, passTimeUntil, clock } = await setUpCommands(test);
    await engine.close();
    const halted = watch(run('HALT'));
    let isClosed = false;
    const closed = commands.close(5000).then(() => {
      isClosed = true;
    });
    await passTimeUntil('the end', () => isClosed);
    await closed;
    expect(clock.monotonic()).toBe(2000);
    expect(halted.outcome).toMatchObject({ ok: false, code: 'ENGINE_UNREACHABLE' });
  });

  it('gives a HALT up when the time for it is over, and says so to its caller', async (test) => {
    const { engine, run, commands, clock } = await setUpCommands(test);
    const outcome = run('HALT');
    const request = await engine.next('HALT');
    const closed = commands.close(300);
    clock.advance(300);
    await closed;
    expect(await outcome).toMatchObject({ ok: false, code: 'ENGINE_UNREACHABLE' });
    await expect.poll(() => request.gone()).toBe(true);
  });

  it('lets the repetition of a HALT that is out be answered, and begins no other', async (test) => {
    const { engine, run, commands, clock, log, passTime } = await setUpCommands(test);
    void run('RESUME');
    await engine.next('RESUME');
    const halted = run('HALT');
    (await engine.next('HALT')).answer();
    await halted;
    clock.advance(1000);
    const repeated = await engine.next('HALT');
    const closed = commands.close(5000);
    expect(repeated.gone()).toBe(false);
    repeated.answer();
    await closed;
    await passTime();
    expect(engine.received).toHaveLength(3);
    expect(log.entries.some(({ message }) => message.includes('no longer repeated'))).toBe(true);
  });

  it('waits for nothing where no HALT is under way, though one without an answer still lingers', async (test) => {
    const { engine, run, commands, clock } = await setUpCommands(test);
    const outcome = run('HALT');
    const request = await engine.next('HALT');
    clock.advance(2000);
    await outcome;
    await commands.close(5000);
    await expect.poll(() => request.gone()).toBe(true);
  });
});

describe('commands that are closed', () => {
  it('have answered each sender before they say that they are', async (test) => {
    const { engine, commands } = await setUpCommands(test);
    const told: string[] = [];
    for (const type of ['HALT', 'RESUME', 'HALT'] as const) {
      void commands.run({ type }, trader).then(({ ok }) => told.push(`${type} ${ok ? 'ACK' : 'ERROR'}`));
    }
    const request = await engine.next('HALT');
    const closed = commands.close(5000).then(() => told.push('closed'));
    void commands.run({ type: 'RESUME' }, trader).then(({ ok }) => told.push(`late ${ok ? 'ACK' : 'ERROR'}`));
    request.answer();
    await closed;
    expect(told.at(-1)).toBe('closed');
    expect(told.toSorted()).toEqual(['HALT ACK', 'HALT ACK', 'RESUME ERROR', 'closed', 'late ERROR']);
  });
});
