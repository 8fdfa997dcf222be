import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { drawEach } from '../../src/dashboard/hook/use-drawing.ts';

const frameMs = 16;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  vi.stubGlobal('requestAnimationFrame', (task: (now: number) => void) =>
    setTimeout(() => task(performance.now()), frameMs),
  );
  vi.stubGlobal('cancelAnimationFrame', clearTimeout);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Draws a price no more often than each 100 ms. */
function setUp() {
  const chart = { recorded: 0, drawn: [] as number[] };
  const listeners = new Set<() => void>();
  const onChange = (listener: () => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  const stop = drawEach({ onChange }, () => chart.drawn.push(chart.recorded), 100);
  const record = (price: number): void => {
    chart.recorded = price;
    for (const listener of listeners) listener();
  };
  return { chart, record, stop };
}

describe('A chart', () => {
  it('is drawn at the next frame, once for all that came before it', () => {
    const { chart, record } = setUp();
    record(1);
    record(2);
    expect(chart.drawn).toEqual([]);
    vi.advanceTimersByTime(frameMs);
    expect(chart.drawn).toEqual([2]);
  });

  it('shows what came right after a drawing as soon as it may be drawn again, without waiting for more', () => {
    const { chart, record } = setUp();
    vi.advanceTimersByTime(frameMs);
    record(1);
    record(2);
    vi.advanceTimersByTime(99);
    expect(chart.drawn).toEqual([0]);
    vi.advanceTimersByTime(1 + frameMs);
    expect(chart.drawn).toEqual([0, 2]);
  });

  it('is drawn no more once it is gone, whatever waited', () => {
    const { chart, record, stop } = setUp();
    stop();
    record(1);
    vi.advanceTimersByTime(1000);
    expect(chart.drawn).toEqual([]);
  });
});
