import { describe, expect, it } from 'vitest';
import { setUpCommands, startCommandEngine, trader, watch } from './set-up.ts';

describe('command executor', () => {
  it('posts a command under the base URL with key, token and reason, and gives back the answer', async (test) => {
    const engine = await startCommandEngine();
    test.onTestFinished(() => engine.close());
    const { run, state } = await setUpCommands(test, {
      url: `${engine.url}/base/`,
      token: 'engine-secret',
    });
    const outcome = run('HALT', { reason: 'drill' });
    const request = await engine.next('HALT');
    expect(request.path).toBe('/base/api/system/halt');
    expect(request.headers.authorization).toBe('Bearer engine-secret');
    expect(request.headers['content-type']).toBe('application/json');
    expect(request.key).toBe('key-1');
    expect(JSON.parse(request.body)).toEqual({ reason: 'drill' });
    expect(state.acks).toBe(0);
    request.answer(200, '{"status":"HALT"}');
    expect(await outcome).toEqual({ ok: true, result: { status: 'HALT' }, isBegun: false });
    expect(state.acks).toBe(1);

    const resumed = run('RESUME');
    const resume = await engine.next('RESUME');
    expect(resume).toMatchObject({ path: '/base/api/system/resume', key: 'key-2', body: '{}' });
    resume.answer();
    expect(await resumed).toEqual({ ok: true, result: { ok: true }, isBegun: false });
    expect(state.acks).toBe(2);
  });

  it('sends simultaneous HALTs as one request and gives each its own outcome and audit line', async (test) => {
    const { engine, run, audits, state } = await setUpCommands(test);
    const outcomes = ['a', 'b', 'c'].map((requestId) =>
      run('HALT', { requestId, reason: `why ${requestId}` }),
    );
    const request = await engine.next('HALT');
    request.answer();
    expect(await Promise.all(outcomes)).toEqual(
      Array(3).fill({ ok: true, result: { ok: true }, isBegun: false }),
    );
    expect(engine.received).toHaveLength(1);
    expect(state.acks).toBe(1);
    expect(audits().map(({ fields }) => [fields.request_id, fields.reason, fields.outcome])).toEqual([
      ['a', 'why a', 'ACK'],
      ['b', 'why b', 'ACK'],
      ['c', 'why c', 'ACK'],
    ]);
    const later = run('HALT');
    const second = await engine.next('HALT');
    expect(second.key).not.toBe(request.key);
    second.answer();
    await later;
  });

  it('writes one audit line a command, bounded and without tokens', async (test) => {
    const { engine, run, clock, audits, log, state, meter } = await setUpCommands(test, {
      token: 'engine-secret',
    });
    const sender = { ...trader, connectionId: 'c7' };
    const outcome = run('HALT', { reason: 'x'.repeat(900), requestId: 'r'.repeat(900) }, sender);
    const request = await engine.next('HALT');
    expect(JSON.parse(request.body).reason).toHaveLength(500);
    clock.advance(120);
    request.answer();
    await outcome;
    expect(audits()).toHaveLength(1);
    expect(audits()[0]).toEqual({
      level: 'info',
      message: 'operator command',
      fields: {
        audit: true,
        command: 'HALT',
        connection_id: 'c7',
        transport: 'websocket',
        address: '192.0.2.7',
        subject: 'trader',
        request_id: 'r'.repeat(200),
        reason: 'x'.repeat(500),
        outcome: 'ACK',
        duration_ms: 120,
      },
    });
    state.fresh = false;
    await run('RESUME', {}, sender);
    expect(audits()[1]?.fields).toMatchObject({ command: 'RESUME', subject: 'trader', outcome: 'STALE' });
    expect(meter.value('bff_rejected_total', { edge: 'command', reason: 'stale' })).toBe(1);
    expect(JSON.stringify(log.entries)).not.toContain('engine-secret');
  });

  it('outlives a poll that throws', async (test) => {
    const { engine, run, log } = await setUpCommands(test, {
      watch: {
        acked: () => {
          throw new Error('poll failed');
        },
      },
    });
    const outcome = run('HALT');
    (await engine.next('HALT')).answer();
    expect(await outcome).toMatchObject({ ok: true });
    expect(log.entries.find(({ level }) => level === 'error')?.fields).toEqual({ error: 'poll failed' });
  });
});

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

/** A hub that counts what it was to stand still for. */
function createUrgency() {
  const urgency = { begun: 0, ended: 0 };
  const hub = {
    standStill() {
      urgency.begun += 1;
      return () => {
        urgency.ended += 1;
      };
    },
  };
  return { urgency, hub };
}

describe('A command that is urgent', () => {
  it('is a HALT from the moment it comes until its outcome is told', async (test) => {
    const { urgency, hub } = createUrgency();
    const { engine, run } = await setUpCommands(test, { hub });
    const outcome = run('HALT');
    expect(urgency).toEqual({ begun: 1, ended: 0 });
    const request = await engine.next('HALT');
    expect(urgency).toEqual({ begun: 1, ended: 0 });
    request.answer();
    await outcome;
    expect(urgency).toEqual({ begun: 1, ended: 1 });
  });

  it('is each HALT that joins another, and one that fails', async (test) => {
    const { urgency, hub } = createUrgency();
    const { engine, run, passTimeUntil } = await setUpCommands(test, { hub });
    await engine.close();
    const seen = [watch(run('HALT')), watch(run('HALT'))];
    expect(urgency).toEqual({ begun: 2, ended: 0 });
    await passTimeUntil('their end', () => seen.every(({ outcome }) => outcome !== undefined));
    expect(urgency).toEqual({ begun: 2, ended: 2 });
  });

  it('is no RESUME', async (test) => {
    const { urgency, hub } = createUrgency();
    const { engine, run } = await setUpCommands(test, { hub });
    const outcome = run('RESUME');
    (await engine.next('RESUME')).answer();
    await outcome;
    expect(urgency).toEqual({ begun: 0, ended: 0 });
  });
});
