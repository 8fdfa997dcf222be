import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../../src/core/json.ts';
import { normalise } from '../../../src/protocol/telemetry/normalise.ts';

const tickTime = '2026-01-01T00:00:09.000Z';
const earlier = '2026-01-01T00:00:01.000Z';

const logsOf = (logs: JsonValue, previousLogs?: JsonValue): JsonValue | undefined =>
  normalise({ logs }, { tickTime, previousLogs }).logs;
const line = (message: string, timestamp = tickTime): JsonObject => ({ level: 'INFO', message, timestamp });

describe('normalise', () => {
  it('leaves a document alone that has the documented shape', () => {
    const document = {
      logs: [line('a')],
      agents: { A: { latency_ms: 1 } },
      models: {},
      extra: [{ name: 'x' }],
    };
    expect(normalise(document, { tickTime, previousLogs: undefined })).toEqual(document);
  });

  it('adds no section that an input does not have', () => {
    expect(normalise({ status: 'ACTIVE' }, { tickTime, previousLogs: [] })).toEqual({ status: 'ACTIVE' });
  });

  it('turns an array of figures with names into a map', () => {
    const figures = [
      { name: 'A', latency_ms: 1 },
      { latency_ms: 2, name: 'B' },
    ];
    const map = { A: { latency_ms: 1 }, B: { latency_ms: 2 } };
    const context = { tickTime, previousLogs: undefined };
    expect(normalise({ agents: figures, models: figures }, context)).toEqual({ agents: map, models: map });
    expect(normalise({ agents: [] }, context)).toEqual({ agents: {} });
  });

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
