import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../src/core/clock.ts';
import { PrometheusMeter } from '../../src/observe/prometheus.ts';
import type { SourceOptions } from '../../src/source/source.ts';
import { SourceBoard } from '../../src/source/source-board.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createMemoryLog } from '../support/memory-log.ts';
import { createMemoryMeter } from '../support/memory-meter.ts';

const start = '2026-01-01T00:00:00.000Z';
const at = (ms: number): string => new Date(Date.parse(start) + ms).toISOString();

function setUp(options: SourceOptions = { freshMs: () => 2000 }) {
  const clock = createManualClock(Date.parse(start));
  const log = createMemoryLog();
  const meter = new PrometheusMeter();
  const board = new SourceBoard({ clock, log, meter });
  let expiries = 0;
  const stop = board.onChange((_name, change) => {
    if (change === 'aged') expiries += 1;
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

  it('tells every change once, with what brought it about', () => {
    const { clock, board, source } = setUp();
    const told: string[] = [];
    board.onChange((name, change) => told.push(`${name} ${change} ${source.state.status}`));
    source.succeeded();
    source.succeeded();
    source.note(['odd']);
    source.failed('HTTP 500');
    source.failed('HTTP 500');
    clock.advance(2000);
    expect(told).toEqual([
      'state reported fresh',
      'state noted fresh',
      'state turned fresh',
      'state aged stale',
    ]);
  });

  it('awaits each required source until its first success', () => {
    const { board } = setUp();
    const [risk, desk] = ['risk', 'desk'].map((name) =>
      board.open(name, { freshMs: () => 1000, required: true }),
    );
    risk?.succeeded();
    risk?.failed('HTTP 500', 'down');
    expect(board.awaited).toEqual(['desk']);
    desk?.succeeded();
    expect(board.awaited).toEqual([]);
  });

  it('shows nothing of a hidden source, but tells when it begins to fail and is well again', () => {
    const { clock, board } = setUp();
    const { states } = board;
    const told: string[] = [];
    board.onChange((name, change) => told.push(`${name} ${change}`));
    const hidden = board.open('instances', { freshMs: () => 1000, hidden: true });
    hidden.succeeded();
    hidden.failed('HTTP 500', 'down');
    clock.advance(60_000);
    hidden.succeeded();
    expect([told, board.states]).toEqual([['instances turned', 'instances turned'], states]);
  });

  it('knows when a poll last succeeded, of whatever source, and takes no connection for one', () => {
    const { clock, board, source } = setUp();
    board.open('redis', { freshMs: () => 1000, isConnection: true }).succeeded();
    expect(board.lastAnswerAt).toBeUndefined();
    source.succeeded();
    source.close();
    clock.advance(5);
    expect(board.lastAnswerAt).toBe(Date.parse(start));
  });

  it('keeps a source fresh whose period is longer than a timer can hold', () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const fortyDays = 40 * 24 * 3600 * 1000;
    const board = new SourceBoard({
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
