import { describe, expect, it } from 'vitest';
import type { JsonArray, JsonObject, JsonValue } from '../../../../src/core/json.ts';
import { readLogLines } from '../../../../src/protocol/telemetry/document/normalise.ts';

const tickTime = '2026-01-01T00:00:09.000Z';
const earlier = '2026-01-01T00:00:01.000Z';

const logsOf = (logs: JsonArray, previousLogs?: JsonValue): JsonArray =>
  readLogLines(logs, { tickTime, previousLogs });
const line = (message: string, timestamp = tickTime): JsonObject => ({ level: 'INFO', message, timestamp });

describe('readLogLines', () => {
  it('makes an entry of a plain line, with the time of the tick', () => {
    expect(logsOf(['margin call', ''])).toEqual([line('margin call'), line('')]);
  });

  it('keeps the last ten lines', () => {
    const lines = Array.from({ length: 25 }, (_, index) => `line ${index}`);
    expect(logsOf(lines)).toEqual(lines.slice(15).map((text) => line(text)));
  });

  it('leaves out what is no line before it counts', () => {
    expect(logsOf([5, null, true, ['x'], 'a'])).toEqual([line('a')]);
    expect(logsOf(['a', ...Array.from({ length: 20 }, () => null)])).toEqual([line('a')]);
  });

  it('fills in what an entry lacks, and keeps what else it has', () => {
    expect(logsOf([{ message: 'a', module: 'risk' }, { level: 'ERROR', timestamp: earlier }, {}])).toEqual([
      { ...line('a'), module: 'risk' },
      { level: 'ERROR', message: '', timestamp: earlier },
      line(''),
    ]);
    expect(logsOf([{ level: 5, message: { x: 1 }, timestamp: null }])).toEqual([line('')]);
  });

  it.each([
    ['2026-11-30T12:00:00.123456+02:00', '2026-11-30T10:00:00.123456Z'],
    ['2026-11-30 12:00:00,5', '2026-11-30T12:00:00.5Z'],
    [1_764_504_000.25, '2025-11-30T12:00:00.25Z'],
    ['1764504000123456789', '2025-11-30T12:00:00.123456789Z'],
    // What cannot be read stays as its text.
    ['a moment ago', 'a moment ago'],
    ['', ''],
    [1e300, '1e+300'],
    // What is no text says nothing.
    [{ at: 5 }, tickTime],
    [[earlier], tickTime],
    [true, tickTime],
  ])('words the time %j as %s', (timestamp, shown) => {
    expect(logsOf([{ message: 'a', timestamp }])).toEqual([line('a', shown)]);
  });

  it('gives a plain line the time it first appeared at, for as long as it is there', () => {
    const first = [line('a', earlier), line('b', earlier)];
    expect(logsOf(['b', 'c'], first)).toEqual([line('b', earlier), line('c')]);
    expect(logsOf([{ message: 'a' }], first)).toEqual([line('a', earlier)]);
  });

  it('tells equal lines apart by their number', () => {
    expect(logsOf(['a', 'a'], [line('a', earlier)])).toEqual([line('a', earlier), line('a')]);
  });

  it('does not change what it was given', () => {
    const previousLogs = Object.freeze([Object.freeze(line('a', earlier))]);
    const logs = Object.freeze(['a', Object.freeze({ message: 'b' })]);
    expect(() => logsOf(logs, previousLogs)).not.toThrow();
  });
});
