import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { connectionFailure, readEngineAnswer } from '../../../src/protocol/telemetry/command-answer.ts';
import { commandCodeTable, refuseCommand } from '../../../src/protocol/telemetry/command-outcome.ts';

describe('readEngineAnswer', () => {
  it('takes any JSON of a 2xx answer, and an empty body as null', () => {
    expect(readEngineAnswer(200, '{"status":"HALT"}')).toEqual({ ok: true, result: { status: 'HALT' } });
    expect(readEngineAnswer(202, 'true')).toEqual({ ok: true, result: true });
    expect(readEngineAnswer(204, '')).toEqual({ ok: true, result: null });
    expect(readEngineAnswer(200, '{"price":NaN}')).toEqual({ ok: true, result: { price: null } });
  });

  it.each([
    ['<!doctype html><title>502 Bad Gateway</title>'],
    ['{"status":"HA'],
    ['{"__proto__":{"status":"HALT"}}'],
    ['['.repeat(5000) + ']'.repeat(5000)],
    ['{"error":"engine offline","status":"offline"}'],
  ])('takes no 2xx for a yes with the body %.40s', (body) => {
    const answer = readEngineAnswer(200, body);
    expect(answer).toMatchObject({
      ok: false,
      code: 'ENGINE_UNREACHABLE',
      effect: 'unknown',
      retryable: true,
    });
  });

  it.each([
    [302, 'ENGINE_UNREACHABLE', 'unknown', false],
    [307, 'ENGINE_UNREACHABLE', 'unknown', false],
    [400, 'ENGINE_REFUSED', 'none', false],
    [403, 'ENGINE_REFUSED', 'none', false],
    [404, 'ENGINE_REFUSED', 'none', false],
    [409, 'ENGINE_REFUSED', 'none', true],
    [429, 'ENGINE_REFUSED', 'none', true],
    [500, 'ENGINE_REFUSED', 'unknown', true],
    [502, 'ENGINE_UNREACHABLE', 'unknown', true],
    [503, 'ENGINE_UNREACHABLE', 'unknown', true],
    [504, 'ENGINE_UNREACHABLE', 'unknown', true],
  ])('maps HTTP %i to %s with effect %s', (status, code, effect, retryable) => {
    const answer = readEngineAnswer(status, '{"error":"secret"}');
    expect(answer).toMatchObject({ ok: false, code, effect, retryable });
    expect(JSON.stringify(answer)).toContain(`HTTP ${status}`);
    expect(JSON.stringify(answer)).not.toContain('secret');
  });

  it('never throws, and says yes to a 2xx only', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 599 }), fc.oneof(fc.string(), fc.json()), (status, body) => {
        const answer = readEngineAnswer(status, body);
        return !answer.ok || (status >= 200 && status < 300);
      }),
    );
  });
});

describe('connectionFailure', () => {
  it('says whether the command may have been sent', () => {
    expect(connectionFailure('ECONNREFUSED', false)).toMatchObject({ effect: 'unsent' });
    expect(connectionFailure('ECONNREFUSED', false).message).toContain('was not sent');
    expect(connectionFailure('ECONNRESET', true)).toMatchObject({ effect: 'unknown' });
    expect(connectionFailure('ECONNRESET', true).message).toContain('may have taken effect');
  });
});

describe('commandCodeTable', () => {
  it('holds the codes of the protocol', () => {
    expect(Object.keys(commandCodeTable)).toEqual([
      'ENGINE_UNREACHABLE',
      'ENGINE_REFUSED',
      'STALE',
      'SUPERSEDED',
      'FORBIDDEN',
      'COMMANDS_DISABLED',
      'LIMIT',
    ]);
    expect(refuseCommand('FORBIDDEN')).toEqual({
      ok: false,
      code: 'FORBIDDEN',
      message: commandCodeTable.FORBIDDEN,
    });
  });
});
