import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Refusal } from '../../../../src/core/errors.ts';
import {
  connectOptions,
  optionsFor,
  refuseOptions,
  viewKey,
} from '../../../../src/protocol/telemetry/view/options.ts';

const document = { status: 'ACTIVE', risk: {} };
/** As an endpoint reads them. */
const readQuery = (query: URLSearchParams) => {
  const { success, data, error } = connectOptions.safeParse(Object.fromEntries(query));
  if (!success) return refuseOptions(error);
  const options = optionsFor(data, document);
  return options instanceof Refusal ? options : { ...options, since: data.since };
};
const read = (query: string) => readQuery(new URLSearchParams(query));
const intervals = [0, 50, 100, 250, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000];
const defaults = {
  mode: 'full',
  encoding: 'json',
  interval: 0,
  sections: undefined,
  symbol: undefined,
  since: undefined,
};

describe('Options in a query', () => {
  it.each<[string, object]>([
    ['', {}],
    ['mode=full', {}],
    ['mode=delta', { mode: 'delta' }],
    ['encoding=msgpack', { encoding: 'msgpack' }],
    ['encoding=json', {}],
    ['interval=0', {}],
    ['interval=1', { interval: 50 }],
    ['interval=00050', { interval: 50 }],
    ['interval=51', { interval: 100 }],
    ['interval=101', { interval: 250 }],
    ['interval=30001', { interval: 60_000 }],
    ['interval=60000', { interval: 60_000 }],
    ['interval=pause', { interval: 'pause' }],
    ['sections=market', { sections: ['market'] }],
    ['sections=portfolio,%20market,market', { sections: ['market', 'portfolio'] }],
    ['sections=status,risk', { sections: ['risk', 'status'] }],
    ['symbol=SPY', { symbol: 'SPY' }],
    ['symbol=%5EGSPC', { symbol: '^GSPC' }],
    ['symbol=BRK.B-1=X', { symbol: 'BRK.B-1=X' }],
    ['symbol=ABCDEFGHIJKLMNOPQRST', { symbol: 'ABCDEFGHIJKLMNOPQRST' }],
    ['since=cafe-12', { since: { epoch: 'cafe', seq: 12 } }],
    ['since=cafe.01-2-3', { since: { epoch: 'cafe.01-2', seq: 3 } }],
    ['since=12', {}],
    ['since=', {}],
    ['since=-12', {}],
    ['since=cafe-', {}],
    ['since=cafe-1e3', {}],
    ['since=cafe-1234567890123456', {}],
    ['token=x&foo=bar&__proto__=1&constructor=2', {}],
    ['mode=full&mode=delta', { mode: 'delta' }],
    [
      'mode=delta&encoding=msgpack&interval=100&sections=logs&symbol=A&since=e-1',
      {
        mode: 'delta',
        encoding: 'msgpack',
        interval: 100,
        sections: ['logs'],
        symbol: 'A',
        since: { epoch: 'e', seq: 1 },
      },
    ],
  ])('are read: %s', (query, options) => {
    expect(read(query)).toEqual({ ...defaults, ...options });
  });

  it.each([
    ['mode', 'mode='],
    ['mode', 'mode=Delta'],
    ['mode', 'mode=full,delta'],
    ['encoding', 'encoding=xml'],
    ['encoding', 'encoding=toString'],
    ['interval', 'interval='],
    ['interval', 'interval=-1'],
    ['interval', 'interval=60001'],
    ['interval', 'interval=1e3'],
    ['interval', 'interval=0x10'],
    ['interval', 'interval=NaN'],
    ['interval', 'interval=1.5'],
    ['interval', 'interval=%20100'],
    ['interval', 'interval=9999999999999'],
    ['interval', 'interval=PAUSE'],
    ['interval', 'interval=paused'],
    ['interval', 'interval=Infinity'],
    ['sections', 'sections='],
    ['sections', 'sections=market,'],
    ['sections', 'sections=nowhere'],
    ['sections', 'sections=market,__proto__'],
    ['sections', 'sections=toString'],
    ['sections', `sections=${Array.from({ length: 33 }, (_, index) => `s${index}`).join()}`],
    ['sections', `sections=${'x'.repeat(65)}`],
    ['symbol', 'symbol='],
    ['symbol', 'symbol=spy'],
    ['symbol', 'symbol=SPY%20'],
    ['symbol', 'symbol=SPY%26limit=1'],
    ['symbol', 'symbol=../admin'],
    ['symbol', 'symbol=SPY%0A'],
    ['symbol', `symbol=${'A'.repeat(21)}`],
    ['since', `since=${'e'.repeat(100)}-1`],
  ])('are refused naming %s: %s', (option, query) => {
    const result = read(query);
    expect(result).toBeInstanceOf(Refusal);
    expect(result).toMatchObject({
      code: 'BAD_OPTION',
      detail: expect.stringMatching(new RegExp(`^${option}: `)),
    });
  });

  it('never throw, and repeat nothing long of what they refuse', () => {
    const name = fc.constantFrom('mode', 'encoding', 'interval', 'sections', 'symbol', 'since', 'x');
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.string({ maxLength: 300 })), { maxLength: 6 }), (pairs) => {
        const result = readQuery(new URLSearchParams(pairs));
        if (result instanceof Refusal) expect(result.detail?.length).toBeLessThan(200);
      }),
    );
  });

  it('round an interval up to the next that clients share, never down', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60_000 }), (ms) => {
        const result = read(`interval=${ms}`);
        expect(result).toMatchObject({ interval: intervals.find((step) => step >= ms) });
      }),
    );
  });
});

describe('viewKey', () => {
  const key = (query: string): string => {
    const result = read(query);
    if (result instanceof Refusal) throw new Error(result.detail);
    return viewKey(result);
  };

  it('is the same however the same view was asked for', () => {
    expect(key('sections=logs,market,logs&interval=51&mode=full')).toBe(
      key('interval=100&sections=market,%20logs'),
    );
    expect(key('')).toBe(key('mode=full&encoding=json&interval=0'));
    expect(key('since=e-1&mode=delta')).toBe(key('mode=delta'));
  });

  it('is another for every other view', () => {
    const queries = [
      '',
      'mode=delta',
      'encoding=msgpack',
      'interval=50',
      'interval=pause',
      'sections=market',
      'sections=logs,market',
    ];
    const all = [...queries, 'symbol=A', 'symbol=A&sections=market', 'mode=delta&encoding=msgpack'];
    expect(new Set(all.map(key)).size).toBe(all.length);
  });
});
