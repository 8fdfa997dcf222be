import { describe, expect, it } from 'vitest';
import { setUpCommands, startCommandEngine, trader } from './set-up.ts';

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
