import { describe, expect, it } from 'vitest';
import { eventKinds } from '../../../src/protocol/diagnostics/schema.ts';
import { examples, setUpDiagnostics } from './set-up.ts';

describe('The body of a POST', () => {
  it.each(eventKinds)('is taken where its event is good: %s', (type) => {
    const { connect, intake } = setUpDiagnostics();
    const client = connect();
    expect(intake.onBody(Buffer.from(JSON.stringify({ type, data: examples[type] })))).toBeUndefined();
    expect(client.types()).toEqual(['telemetry', 'logs', type === 'llm' ? 'telemetry' : type]);
  });

  it.each([
    [{ type: 'graph', data: {} }, 'type: '],
    [{ data: {} }, 'type: '],
    [{ type: 'log' }, 'data: '],
    [{ type: 'log', data: 'x' }, 'data: '],
    [{ type: 'log', data: { level: 'info' } }, 'data.message: '],
    [{ type: 'llm', data: {} }, 'data: expected at least one of'],
    [[], 'body: '],
  ])('is refused with the field at fault: %j', (body, fault) => {
    const { intake, refused } = setUpDiagnostics();
    const refusal = intake.onBody(Buffer.from(JSON.stringify(body)));
    expect(refusal?.reason).toBe('shape');
    expect(refusal?.detail).toContain(fault);
    expect(refused('shape', 'ingest')).toBe(1);
  });

  it('is refused unread where it is too large, or says that it is no JSON: counted and logged', () => {
    const { intake, refused, written } = setUpDiagnostics();
    expect(intake.onPost('text/plain')?.reason).toBe('media_type');
    expect(intake.onPost('application/json; charset=utf-8')).toBeUndefined();
    expect(intake.onBody('too_large')?.reason).toBe('too_large');
    expect([refused('media_type', 'ingest'), refused('too_large', 'ingest')]).toEqual([1, 1]);
    expect(written.entries.map(({ message, fields }) => [message, fields.reason])).toEqual([
      ['diagnostics event refused', 'media_type'],
      ['diagnostics event refused', 'too_large'],
    ]);
  });

  it('is taken 100 times a second and 200 times at once, and then refused for as long as that takes', () => {
    const { intake, clock, refused } = setUpDiagnostics();
    const post = () => intake.onPost('application/json');
    for (let count = 0; count < 200; count += 1) expect(post()).toBeUndefined();
    expect(post()).toMatchObject({ reason: 'rate', retryAfterS: 1 });
    expect(refused('rate', 'ingest')).toBe(1);
    for (let second = 0; second < 3; second += 1) {
      clock.advance(1000);
      let taken = 0;
      while (post() === undefined) taken += 1;
      expect(taken).toBe(100);
    }
  });
});
