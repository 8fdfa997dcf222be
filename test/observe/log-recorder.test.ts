import { describe, expect, it } from 'vitest';
import type { LogRecord } from '../../src/core/log.ts';
import { createLogRecorder } from '../../src/observe/log-recorder.ts';
import { createMemoryLog } from '../support/memory-log.ts';

function setUp() {
  const written = createMemoryLog();
  const { log, onRecord } = createLogRecorder(written);
  const records: LogRecord[] = [];
  const stop = onRecord((record) => records.push(record));
  return { written, log, records, stop };
}

describe('LogRecorder', () => {
  it('writes everything, fields and all, and tells of what is info or above by its message alone', () => {
    const { written, log, records } = setUp();
    log.debug({ a: 1 }, 'low');
    log.info({ token: 'hunter2' }, 'one');
    log.warn({ b: 2 }, 'two');
    log.error({ err: new Error('hunter2') }, 'three');
    expect(written.entries.map(({ level, message }) => `${level} ${message}`)).toEqual([
      'debug low',
      'info one',
      'warn two',
      'error three',
    ]);
    expect(written.entries[0]?.fields).toEqual({ a: 1 });
    expect(records).toEqual([
      { level: 'info', message: 'one' },
      { level: 'warn', message: 'two' },
      { level: 'error', message: 'three' },
    ]);
  });

  it('tells of no audit record', () => {
    const { written, log, records } = setUp();
    log.info({ audit: true, command: 'HALT' }, 'operator command');
    log.info({ audit: false }, 'listening');
    expect(written.entries).toHaveLength(2);
    expect(records.map(({ message }) => message)).toEqual(['listening']);
  });

  it('takes secrets out of what it tells, not out of what it writes', () => {
    const { written, log, records } = setUp();
    log.info({}, 'opened wss://bob:hunter2@engine.example/a?token=hunter2');
    expect(written.entries[0]?.message).toContain('hunter2');
    expect(records[0]?.message).toBe('opened wss://[redacted]@engine.example/a');
  });

  it('lets a listener log, and tells of that too', () => {
    const written = createMemoryLog();
    const { log, onRecord } = createLogRecorder(written);
    const heard: string[] = [];
    onRecord(({ message }) => {
      heard.push(message);
      if (message === 'first') log.warn({}, 'second');
    });
    log.info({}, 'first');
    expect(heard).toEqual(['first', 'second']);
  });

  it('tells nobody any more who has stopped listening', () => {
    const { log, records, stop } = setUp();
    stop();
    log.info({}, 'late');
    expect(records).toEqual([]);
  });
});
