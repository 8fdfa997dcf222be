import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { PollFailure } from '../../src/source/poll-failure.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { waitFor, within } from '../support/wait.ts';
import { failing, setUpPoller } from './poller-set-up.ts';

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
