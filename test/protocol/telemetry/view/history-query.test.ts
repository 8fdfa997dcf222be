import { describe, expect, it } from 'vitest';
import { historyQuery, refuseHistory } from '../../../../src/protocol/telemetry/view/history-query.ts';

const instant = 'an instant';

describe('The query of a history', () => {
  it.each([
    [{ seconds: '0' }, 'seconds: expected a whole number from 1 to 86400'],
    [{ seconds: '86401' }, 'seconds: expected a whole number from 1 to 86400'],
    [{ seconds: '1.5' }, 'seconds: expected'],
    [{ seconds: 'x' }, 'seconds: expected'],
    [{ seconds: '' }, 'seconds: expected'],
    [{ seconds: '1e3' }, 'seconds: expected'],
    [
      { seconds: '10', from: '0' },
      'seconds: expected a whole number from 1 to 86400, and not together with from',
    ],
    [{ step: '-1' }, 'step: expected seconds from 0 to 86400'],
    [{ step: '86401' }, 'step: expected'],
    [{ step: 'NaN' }, 'step: expected'],
    [{ step: '' }, 'step: expected'],
    [{ from: '' }, `from: expected ${instant}`],
    [{ from: 'yesterday' }, `from: expected ${instant}`],
    [{ to: '2026-02-30T00:00:00Z' }, `to: expected ${instant}`],
    [{ from: '2026-01-01T00:00:00Z', to: '2026-01-01T00:00:00Z' }, `to: expected ${instant} after from`],
    [{ from: '1767225601', to: '1767225600000' }, `to: expected ${instant} after from`],
    [{ format: 'xml' }, 'format: expected json, ndjson or csv'],
    [{ format: 'CSV' }, 'format: expected json, ndjson or csv'],
    [{ symbol: 'spy' }, 'symbol: expected 1 to 20 of'],
    [{ sections: '' }, 'sections: expected a comma-separated list'],
  ])('is refused for %j, with what would be right', (query, detail) => {
    const read = historyQuery.safeParse(query);
    if (read.success) throw new Error('it was taken');
    expect(refuseHistory(read.error)).toMatchObject({
      code: 'BAD_OPTION',
      detail: expect.stringContaining(detail),
    });
  });

  it.each([
    ['2026-12-01T12:00:00Z', '2026-12-01T12:00:00.000Z'],
    ['2026-12-01T14:00:00 02:00', '2026-12-01T12:00:00.000Z'],
    ['2026-12-01T14:00 0200', '2026-12-01T12:00:00.000Z'],
    ['2026-12-01 12:00', '2026-12-01T12:00:00.000Z'],
    ['2026-12-01 14:00:00.5 02:00', '2026-12-01T12:00:00.500Z'],
    ['1796126400', '2026-12-01T12:00:00.000Z'],
    ['1796126400289', '2026-12-01T12:00:00.289Z'],
    ['1796126400.289', '2026-12-01T12:00:00.289Z'],
    ['1796126400289000', '2026-12-01T12:00:00.289Z'],
    ['Tue, 01 Dec 2026 12:00:00 GMT', '2026-12-01T12:00:00.000Z'],
  ])('takes %s for %s, also where a plus in the URL became a space', (text, shown) => {
    const { from = Number.NaN } = historyQuery.parse({ from: text });
    expect(new Date(from).toISOString()).toBe(shown);
  });

  it('may leave everything out', () => {
    expect(historyQuery.parse({})).toEqual({ format: 'json' });
  });
});
