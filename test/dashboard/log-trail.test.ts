import { describe, expect, it } from 'vitest';
import { LogTrail, passes } from '../../src/dashboard/model/log-trail.ts';

describe('LogTrail', () => {
  const line = (message: string, level = 'INFO') => ({ level, message, timestamp: '2026-01-01T00:00:00Z' });

  it('keeps lines that the document has let go, each once', () => {
    const trail = new LogTrail();
    trail.take([line('a'), line('b')]);
    trail.take([line('b'), line('c')]);
    expect(trail.lines.map(({ message }) => message)).toEqual(['a', 'b', 'c']);
    expect(new Set(trail.lines.map(({ id }) => id)).size).toBe(3);
  });

  it('shows messages without the escape sequences of terminals', () => {
    const trail = new LogTrail();
    trail.take([line('\u001b[31mlost\u001b[0m the \u001b]0;title\u0007broker'), { level: 'INFO' }]);
    expect(trail.lines.map(({ text }) => text)).toEqual(['lost the broker', '–']);
  });

  it('never holds more than 200', () => {
    const trail = new LogTrail();
    for (let count = 0; count < 500; count += 1) trail.take([line(`${count}`)]);
    expect([trail.lines.length, trail.lines.at(-1)?.message]).toEqual([200, '499']);
  });

  it('filters by the least level; one that is not known counts as info', () => {
    const levels = ['DEBUG', 'INFO', 'custom', 'WARN', 'WARNING', 'ERROR', 'CRITICAL'];
    const passing = (least: 'all' | 'info' | 'warning' | 'error') =>
      levels.filter((level) => passes(line('', level), least)).length;
    expect([passing('all'), passing('info'), passing('warning'), passing('error')]).toEqual([7, 6, 4, 2]);
  });
});
