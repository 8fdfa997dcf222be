import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { connectionFailure, readEngineAnswer } from '../../../../src/protocol/telemetry/command/answer.ts';
import { commandCodeTable, refuseCommand } from '../../../../src/protocol/telemetry/command/order.ts';
import { engineAnswers } from './engine-answers.ts';

describe('readEngineAnswer', () => {
  it.each(engineAnswers)('takes %s %s %s for what it is', (command, status, body, expected) => {
    const answer = readEngineAnswer(command, status, body);
    if (expected === 'ACK') expect(answer.ok).toBe(true);
    else expect(answer).toMatchObject({ ok: false, code: expected.code, effect: expected.effect });
    expect(JSON.stringify(answer)).not.toContain('"message":""');
  });

  it('hands on what the engine answered, and an empty body as null', () => {
    expect(readEngineAnswer('HALT', 200, '{"status":"HALT"}')).toMatchObject({ result: { status: 'HALT' } });
    expect(readEngineAnswer('HALT', 204, '')).toMatchObject({ ok: true, result: null });
    expect(readEngineAnswer('HALT', 200, '{"ok":true,"price":NaN}')).toMatchObject({
      result: { ok: true, price: null },
    });
  });

  it('knows an engine that has only begun', () => {
    expect(readEngineAnswer('HALT', 202, '')).toMatchObject({ isBegun: true });
    expect(readEngineAnswer('HALT', 200, '{"status":"accepted"}')).toMatchObject({ isBegun: true });
    expect(readEngineAnswer('HALT', 200, '{"status":"HALT"}')).toMatchObject({ isBegun: false });
  });

  it.each([
    [408, true],
    [409, true],
    [425, true],
    [429, true],
    [400, false],
    [404, false],
    [500, true],
    [502, true],
    [302, false],
  ])('says of HTTP %i whether another try makes sense', (status, retryable) => {
    expect(readEngineAnswer('HALT', status, '')).toMatchObject({ ok: false, retryable });
  });

  it('says what the engine said, in 200 characters at most and without control characters', () => {
    const said = `kill switch\u001b[2J failed\u0000\n${'x'.repeat(5000)}`;
    const answer = readEngineAnswer('HALT', 200, JSON.stringify({ status: 'ERROR', message: said }));
    expect(answer).toMatchObject({ effect: 'none' });
    const message = 'message' in answer ? answer.message : '';
    expect(message).toMatch(/^the engine answered HTTP 200: kill switch \[2J failed x+$/);
    expect(message.length).toBeLessThanOrEqual(230);
  });

  it('never throws, and says yes to a 2xx only', () => {
    const command = fc.constantFrom('HALT' as const, 'RESUME' as const);
    const status = fc.integer({ min: 100, max: 599 });
    fc.assert(
      fc.property(command, status, fc.oneof(fc.string(), fc.json()), (...input) => {
        const answer = readEngineAnswer(...input);
        return !answer.ok || (input[1] >= 200 && input[1] < 300);
      }),
    );
  });
});

describe('connectionFailure', () => {
  it('says whether the command may have been sent', () => {
    expect(connectionFailure('ECONNREFUSED', false)).toMatchObject({ effect: 'none' });
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
      'ORIGIN_REFUSED',
      'LIMIT',
    ]);
    expect(refuseCommand('FORBIDDEN')).toEqual({
      ok: false,
      code: 'FORBIDDEN',
      message: commandCodeTable.FORBIDDEN,
      effect: 'none',
      retryable: false,
    });
  });
});
