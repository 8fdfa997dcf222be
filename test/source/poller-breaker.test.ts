import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { failing, setUpPoller } from './poller-set-up.ts';

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
