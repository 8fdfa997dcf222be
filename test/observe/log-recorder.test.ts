import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LogRecord } from '../../src/core/log.ts';
import { LogRecorder, redactText } from '../../src/observe/log-recorder.ts';
import { createMemoryLog } from '../support/memory-log.ts';

function setUp() {
  const written = createMemoryLog();
  const log = new LogRecorder(written);
  const records: LogRecord[] = [];
  const stop = log.onRecord((record) => records.push(record));
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
    const log = new LogRecorder(written);
    const heard: string[] = [];
    log.onRecord(({ message }) => {
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

const secret = 'hunter2-hunter2';
const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl';

describe('redactText', () => {
  it.each([
    `token=${secret}`,
    `token: "${secret} ${secret}"`,
    `{"password":"${secret}"}`,
    `Authorization: Bearer ${secret}`,
    `got Basic ${secret}==`,
    `https://host/path?token=${secret}&a=1`,
    `ws://user:${secret}@host/`,
    `redis://:${secret}@host:6379 lost`,
    `cookie=${secret}; path=/`,
    `secret = '${secret}'`,
  ])('leaves nothing of the secret in %j', (text) => {
    expect(redactText(text)).not.toContain(secret);
  });

  it('finds a JSON web token wherever it stands', () => {
    expect(redactText(`checked ${jwt} twice`)).toBe('checked [redacted] twice');
  });

  it.each([
    'WebSocket connected: 8c00ac35-297f-4db3-ad32-d360c5b04b70',
    'HCG health check passed (45.2 ms)',
    'the token expired',
    'listening on http://localhost:3000/path',
    'is it 5 > 3? yes',
  ])('leaves %j as it is', (text) => expect(redactText(text)).toBe(text));

  it('takes no time to speak of, whatever the text', () => {
    const parts = fc.constantFrom(
      'token',
      '=',
      ':',
      '"',
      "'",
      ' ',
      '://',
      '@',
      '?',
      'eyJ',
      '.',
      'Bearer ',
      'a',
    );
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 2000 }), (pieces) => {
        const startedAt = performance.now();
        redactText(pieces.join(''));
        expect(performance.now() - startedAt).toBeLessThan(250);
      }),
      { numRuns: 50 },
    );
  });
});
