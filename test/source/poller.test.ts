import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { PollFailure } from '../../src/source/poll-failure.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { waitFor, within } from '../support/wait.ts';
import { failing, setUpPoller } from './poller-set-up.ts';

describe('Poller', () => {
  it('gives the answer and the time at which its request was started', async () => {
    const { poll, meter } = setUpPoller();
    const before = performance.now();
    const result = await poll();
    expect(result).toMatchObject({ ok: true, answer: { price: 1 } });
    if (result.ok) expect(result.startedAt).toBeGreaterThanOrEqual(before);
    expect(meter.observations('bff_source_latency_seconds', { source: 'state' })).toBe(1);
  });

  it('does not start a second poll beside one that runs', async () => {
    const { poller, poll, answerWith } = setUpPoller();
    let release = (): void => {};
    answerWith(() => new Promise((resolve) => (release = () => resolve('1'))));
    const first = poll();
    expect(poller.poll()).toBeUndefined();
    release();
    await first;
    answerWith(async () => '2');
    expect(await poll()).toMatchObject({ answer: 2 });
  });

  it('tries once more after a fault that may pass, and dates the answer by the second request', async () => {
    const subject = setUpPoller();
    let firstStart = 0;
    subject.answerWith(async () => {
      if (subject.attempts > 1) return '2';
      firstStart = performance.now();
      return await failing();
    });
    const result = await subject.poll();
    expect(result).toMatchObject({ ok: true, answer: 2 });
    if (result.ok) expect(result.startedAt).toBeGreaterThan(firstStart);
    expect(subject.attempts).toBe(2);
    expect(subject.meter.value('bff_source_failures_total', { source: 'state', reason: 'connect' })).toBe(0);
  });

  it('tries twice at most, and counts that as one failure', async () => {
    const subject = setUpPoller();
    subject.answerWith(failing);
    expect(await subject.poll()).toMatchObject({ ok: false, open: false, failure: { reason: 'connect' } });
    expect(subject.attempts).toBe(2);
    expect(subject.meter.value('bff_source_failures_total', { source: 'state', reason: 'connect' })).toBe(1);
  });

  it('does not try again after a fault that will not pass', async () => {
    const subject = setUpPoller();
    subject.answerWith(async () => {
      throw new PollFailure('status', 'HTTP 404', { status: 404 });
    });
    await subject.poll();
    expect(subject.attempts).toBe(1);
  });

  it('ends within its time, the second try included', async () => {
    const subject = setUpPoller({ timeoutMs: 150 });
    const untilAborted = (signal: AbortSignal): Promise<string> =>
      new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(new PollFailure('timeout', 'x'))),
      );
    subject.answerWith((signal) => (subject.attempts === 1 ? failing() : untilAborted(signal)));
    expect(await subject.poll()).toMatchObject({
      ok: false,
      failure: { reason: 'timeout', message: 'no complete answer in 150 ms', detail: 'see POLL_TIMEOUT_MS' },
    });
    expect(subject.attempts).toBe(2);
  });

  it('never rejects, whatever its client or its reader throws', async () => {
    const subject = setUpPoller();
    subject.answerWith(async () => {
      throw new TypeError('hunter2');
    });
    const result = await subject.poll();
    expect(result).toMatchObject({ ok: false, failure: { reason: 'shape' } });
    if (!result.ok) expect(result.failure.message).not.toContain('hunter2');
    await waitFor('the next poll', () => subject.poller.poll() !== undefined);
  });
});

describe('Poller and its breaker', () => {
  it('opens its breaker at the fifth failure in a row, then probes each time without a second try', async () => {
    const subject = setUpPoller();
    subject.answerWith(failing);
    const open: boolean[] = [];
    for (let poll = 0; poll < 5; poll++) {
      const result = await subject.poll();
      open.push(!result.ok && result.open);
    }
    expect(open).toEqual([false, false, false, false, true]);
    expect(subject.attempts).toBe(10);
    for (let poll = 0; poll < 3; poll++)
      expect(await subject.poll()).toMatchObject({ ok: false, open: true });
    expect(subject.attempts).toBe(13);
  });

  it('closes its breaker with the first good probe', async () => {
    const subject = setUpPoller();
    subject.answerWith(failing);
    for (let poll = 0; poll < 7; poll++) await subject.poll();
    subject.answerWith(async () => '{}');
    expect(await subject.poll()).toMatchObject({ ok: true });
    subject.answerWith(failing);
    const before = subject.attempts;
    expect(await subject.poll()).toMatchObject({ ok: false, open: false });
    expect(subject.attempts - before).toBe(2);
  });

  it('counts failures in a row only', async () => {
    const subject = setUpPoller();
    for (let poll = 0; poll < 12; poll++) {
      subject.answerWith(poll % 4 === 3 ? async () => '{}' : failing);
      const result = await subject.poll();
      expect(!result.ok && result.open).toBe(false);
    }
  });

  it('probes at each poll while open, also after the wall clock was set back', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-01-01T12:00:00Z') });
    onTestFinished(() => void vi.useRealTimers());
    const subject = setUpPoller();
    subject.answerWith(failing);
    for (let poll = 0; poll < 5; poll++) await subject.poll();
    vi.setSystemTime(Date.parse('2026-01-01T11:00:00Z'));
    subject.answerWith(async () => '{}');
    expect(await subject.poll()).toMatchObject({ ok: true });
  });
});

const untilAborted = (signal: AbortSignal): Promise<string> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new PollFailure('timeout', 'no complete answer in time')));
  });

describe('Poller and its clock', () => {
  it('gives up when its time is over by the monotonic clock, and not before', async () => {
    const clock = createManualClock();
    const subject = setUpPoller({ clock, timeoutMs: 900 });
    let aborted = false;
    subject.answerWith((signal) => {
      signal.addEventListener('abort', () => {
        aborted = true;
      });
      return untilAborted(signal);
    });
    const outcome = subject.poll();
    clock.setWall(clock.now() + 3_600_000);
    clock.advance(899);
    expect(aborted).toBe(false);
    clock.setWall(0);
    clock.advance(1);
    expect(await outcome).toMatchObject({
      ok: false,
      failure: { reason: 'timeout', message: 'no complete answer in 900 ms' },
    });
  });

  it('tries again after 60 ms', async () => {
    const clock = createManualClock();
    const subject = setUpPoller({ clock });
    subject.answerWith(() => (subject.attempts === 1 ? failing() : Promise.resolve('2')));
    const outcome = subject.poll();
    await waitFor('the timer of the second try', () => clock.timers === 2);
    clock.advance(59);
    expect(subject.attempts).toBe(1);
    clock.advance(1);
    expect(await within('the poll', outcome)).toMatchObject({ ok: true, answer: 2 });
    expect(clock.timers).toBe(0);
  });

  it('takes the time of both tries together', async () => {
    const clock = createManualClock();
    const subject = setUpPoller({ clock, timeoutMs: 100 });
    subject.answerWith((signal) => (subject.attempts === 1 ? failing() : untilAborted(signal)));
    const outcome = subject.poll();
    await waitFor('the timer of the second try', () => clock.timers === 2);
    clock.advance(60);
    await waitFor('the second try', () => subject.attempts === 2);
    clock.advance(40);
    expect(await outcome).toMatchObject({ ok: false, failure: { reason: 'timeout' } });
  });

  it('takes no answer that is older than its time, as after a process was stopped', async () => {
    const clock = createManualClock();
    const subject = setUpPoller({ clock, timeoutMs: 900 });
    let release = (): void => {};
    // It does not heed that the time is up, as one that has come already does not.
    subject.answerWith(() => new Promise((resolve) => (release = () => resolve('1'))));
    const outcome = subject.poll();
    clock.advance(3_600_000);
    release();
    expect(await outcome).toMatchObject({ ok: false, failure: { reason: 'timeout' } });
    subject.answerWith(async () => '2');
    expect(await subject.poll()).toMatchObject({ ok: true });
  });

  it('asks nothing of the system clock', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const clock = createManualClock();
    const subject = setUpPoller({ clock });
    subject.answerWith(failing);
    const outcome = subject.poller.poll();
    while (clock.timers < 2) await Promise.resolve();
    clock.advance(60);
    expect(await outcome).toMatchObject({ ok: false, failure: { reason: 'connect' } });
  });
});
