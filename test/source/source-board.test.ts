import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { createPrometheusMeter } from '../../src/observe/prometheus.ts';
import type { SourceOptions } from '../../src/source/freshness.ts';
import { createSourceBoard } from '../../src/source/source-board.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createMemoryLog } from '../support/memory-log.ts';
import { createMemoryMeter } from '../support/memory-meter.ts';

const start = '2026-01-01T00:00:00.000Z';
const at = (ms: number): string => new Date(Date.parse(start) + ms).toISOString();

function setUp(options: SourceOptions = { freshMs: () => 2000 }) {
  const clock = createManualClock(Date.parse(start));
  const log = createMemoryLog();
  const meter = createPrometheusMeter();
  const board = createSourceBoard({ clock, log, meter });
  let expiries = 0;
  const stop = board.onExpiry(() => {
    expiries += 1;
  });
  return { clock, log, meter, board, source: board.open('state', options), stop, expiries: () => expiries };
}

describe('SourceBoard', () => {
  it('logs each transition with source, status and since', () => {
    const { clock, source, log } = setUp();
    source.succeeded();
    clock.advance(2000);
    source.succeeded();
    const fields = { source: 'state' };
    expect(log.entries).toMatchObject([
      { level: 'info', message: 'source status', fields: { ...fields, status: 'fresh', since: start } },
      { level: 'warn', message: 'source status', fields: { ...fields, status: 'stale', since: at(2000) } },
      { level: 'info', message: 'source status', fields: { ...fields, status: 'fresh' } },
    ]);
  });

  it('asks for the period at each success, as schedules differ in their gaps', () => {
    let freshMs = 2000;
    const { clock, source } = setUp({ freshMs: () => freshMs });
    source.succeeded();
    freshMs = 10_000;
    source.succeeded();
    clock.advance(9999);
    expect(source.state.status).toBe('fresh');
  });

  it('keeps sources apart', () => {
    const { clock, board, source } = setUp();
    const agents = board.open('agents', { freshMs: () => 5000, downAfterMs: 1000 });
    source.succeeded();
    agents.succeeded();
    clock.advance(5000);
    expect(board.states).toMatchObject({ state: { status: 'stale' }, agents: { status: 'stale' } });
    clock.advance(1000);
    expect(board.states).toMatchObject({ state: { status: 'stale' }, agents: { status: 'down' } });
  });

  it('tells a listener nothing more once it has stopped listening', () => {
    const { clock, source, stop, expiries } = setUp();
    source.succeeded();
    stop();
    clock.advance(2000);
    expect(source.state.status).toBe('stale');
    expect(expiries()).toBe(0);
  });

  it('tells nobody anything after it was closed', () => {
    const { clock, board, source, expiries } = setUp();
    source.succeeded();
    board.close();
    clock.advance(60_000);
    expect(expiries()).toBe(0);
  });

  it('shows no figures of sources that nobody asks any more, whatever still comes of them', async () => {
    const { board, source, meter, log } = setUp();
    source.succeeded();
    expect(await meter.text()).toContain('bff_source_up{source="state"} 1');
    board.close();
    expect([source.failed('HTTP 500', 'down'), source.succeeded()]).toEqual([false, false]);
    expect(await meter.text()).not.toContain('bff_source_up{');
    expect(log.entries).toHaveLength(1);
  });

  it('keeps a source fresh whose period is longer than a timer can hold', () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const fortyDays = 40 * 24 * 3600 * 1000;
    const board = createSourceBoard({
      clock: systemClock,
      log: createMemoryLog(),
      meter: createMemoryMeter(),
    });
    const source = board.open('monthly', { freshMs: () => fortyDays });
    source.succeeded();
    vi.advanceTimersByTime(1000);
    expect(source.state.status).toBe('fresh');
    board.close();
  });
});
