import { createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { setUpCommands, watch } from './set-up.ts';

describe('HALT', () => {
  it('is tried again with the same key when the connection breaks', async (test) => {
    const { engine, run, clock, passTimeUntil, passTime } = await setUpCommands(test);
    const outcome = run('HALT');
    const first = await engine.next('HALT');
    first.drop();
    await passTimeUntil('a second attempt', () => engine.received.length === 2);
    const second = await engine.next('HALT');
    expect(second.key).toBe(first.key);
    second.answer();
    expect(await outcome).toEqual({ ok: true, result: { ok: true }, isBegun: false });
    expect(clock.monotonic()).toBeLessThan(500);
    await passTime();
    expect(engine.received).toHaveLength(2);
  });

  it('reaches an engine that starts to listen within 2 s', async (test) => {
    const { engine, run, clock, passTimeUntil } = await setUpCommands(test);
    await engine.close();
    const outcome = run('HALT');
    await passTimeUntil('one second', () => clock.monotonic() >= 1000);
    await engine.open();
    await passTimeUntil('an attempt', () => engine.received.length === 1);
    (await engine.next('HALT')).answer();
    expect(await outcome).toMatchObject({ ok: true });
  });

  it('is ENGINE_UNREACHABLE after 2 s without a connection, and is not sent later', async (test) => {
    const { engine, run, clock, passTimeUntil, meter, passTime } = await setUpCommands(test);
    await engine.close();
    const seen = watch(run('HALT'));
    await passTimeUntil('the outcome', () => seen.outcome);
    expect(seen.outcome).toMatchObject({ ok: false, code: 'ENGINE_UNREACHABLE' });
    expect(JSON.stringify(seen.outcome)).toContain('ECONNREFUSED');
    expect(JSON.stringify(seen.outcome)).not.toContain('127.0.0.1');
    expect(clock.monotonic()).toBe(2000);
    expect(meter.value('bff_rejected_total', { edge: 'command', reason: 'engine_unreachable' })).toBe(1);
    await engine.open();
    await passTime();
    expect(engine.received).toHaveLength(0);
  });

  it('sends a further attempt each 500 ms to an engine that hangs, and takes whichever answer comes', async (test) => {
    const { engine, run, clock, passTimeUntil } = await setUpCommands(test);
    const outcome = run('HALT');
    const first = await engine.next('HALT');
    clock.advance(499);
    expect(engine.received).toHaveLength(1);
    clock.advance(1);
    const second = await engine.next('HALT');
    expect(second.key).toBe(first.key);
    // What an engine answers that is still working on the first.
    second.answer(409, '{}');
    await passTimeUntil('a third attempt', () => engine.received.length >= 3);
    expect(first.gone()).toBe(false);
    first.answer(200, '{"status":"HALT"}');
    expect(await outcome).toEqual({ ok: true, result: { status: 'HALT' }, isBegun: false });
    await expect.poll(() => engine.received.every((request) => request.gone())).toBe(true);
  });

  it('has its outcome after 2 s although the engine hangs, and reports an answer that comes later', async (test) => {
    const { engine, run, clock, log, state } = await setUpCommands(test);
    const outcome = run('HALT');
    const first = await engine.next('HALT');
    clock.advance(2000);
    const told = await outcome;
    expect(told).toMatchObject({ ok: false, code: 'ENGINE_UNREACHABLE' });
    expect(JSON.stringify(told)).toContain('may have taken effect');
    expect(state.acks).toBe(0);
    clock.advance(3000);
    first.answer();
    await expect.poll(() => log.entries.some(({ message }) => message === 'HALT confirmed late')).toBe(true);
    expect(state.acks).toBe(1);
  });

  it('lets go of an engine that never answers', async (test) => {
    const { engine, run, clock } = await setUpCommands(test);
    const outcome = run('HALT');
    const first = await engine.next('HALT');
    clock.advance(2000);
    await outcome;
    expect(first.gone()).toBe(false);
    clock.advance(10_000);
    await expect.poll(() => engine.received.every((request) => request.gone())).toBe(true);
  });

  it.for([
    [500, '{}'],
    [502, '{}'],
    [503, '{}'],
    [429, '{}'],
    [200, '<html>502 Bad Gateway</html>'],
    [200, '{"error":"engine offline","status":"offline"}'],
    [200, JSON.stringify('x'.repeat(65 * 1024))],
  ] as const)('is tried again after HTTP %i with the body %.30s', async ([status, body], test) => {
    const { engine, run, passTimeUntil } = await setUpCommands(test);
    const outcome = run('HALT');
    (await engine.next('HALT')).answer(status, body);
    await passTimeUntil('another attempt', () => engine.received.length === 2);
    (await engine.next('HALT')).answer();
    expect(await outcome).toMatchObject({ ok: true });
  });

  it.for([400, 401, 403, 404])('is refused at once with HTTP %i', async (status, test) => {
    const { engine, run } = await setUpCommands(test);
    const outcome = run('HALT');
    (await engine.next('HALT')).answer(status, '{}');
    expect(await outcome).toMatchObject({ ok: false, code: 'ENGINE_REFUSED' });
    expect(engine.received).toHaveLength(1);
  });

  it('follows no redirect', async (test) => {
    const { engine, run, passTimeUntil } = await setUpCommands(test);
    const seen = watch(run('HALT'));
    (await engine.next('HALT')).answer(307, '', { location: `${engine.url}/elsewhere` });
    await passTimeUntil('the outcome', () => seen.outcome);
    expect(seen.outcome).toMatchObject({ ok: false, code: 'ENGINE_UNREACHABLE', effect: 'unknown' });
    expect(engine.received).toHaveLength(1);
  });

  it('is sent whatever the state is', async (test) => {
    const { engine, run, state } = await setUpCommands(test);
    state.fresh = false;
    const outcome = run('HALT');
    (await engine.next('HALT')).answer();
    expect(await outcome).toMatchObject({ ok: true });
  });

  it('survives an engine that speaks no HTTP', async (test) => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined));
      socket.end('SSH-2.0-OpenSSH_9.6\r\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    test.onTestFinished(() => void server.close());
    const address = server.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    const { run, passTimeUntil } = await setUpCommands(test, { url: `http://127.0.0.1:${port}` });
    const seen = watch(run('HALT'));
    await passTimeUntil('the outcome', () => seen.outcome);
    expect(seen.outcome).toMatchObject({ ok: false, code: 'ENGINE_UNREACHABLE' });
    expect(sockets.size).toBeGreaterThan(1);
  });
});
