import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TelemetryDocument } from '../../src/client/index.ts';
import { documentedFields, hasSpoken, isKeptLive, sourceOf } from '../../src/client/vouching.ts';
import { initialDocument } from '../../src/protocol/telemetry/document/shape.ts';

const since = '2026-01-01T00:00:00.000Z';
const documentOf = (live: unknown, more: object = {}): TelemetryDocument => ({
  status: 'ACTIVE',
  market: { symbol: 'SPY', price: 1, alpha: 2 },
  agents: { Scout: { latency_ms: 1, calls: 2 } },
  ...more,
  sources: Object({ state: { status: 'stale', since, live }, agents: { status: 'fresh', since } }),
});

describe('The engine has spoken', () => {
  it.each([
    ['INITIALIZING', 'fresh', true],
    ['INITIALIZING', 'stale', false],
    ['INITIALIZING', 'down', false],
    ['ACTIVE', 'down', true],
    [null, 'fresh', true],
  ] as const)('with status %s and a %s state: %s', (status, state, expected) => {
    expect(hasSpoken({ status, sources: { state: { status: state, since } } })).toBe(expected);
  });

  it('not where nobody says that its state is fresh', () => {
    expect(hasSpoken({ status: 'INITIALIZING' })).toBe(false);
  });
});

describe('The source of a path', () => {
  it.each([
    ['market.price', 'state'],
    ['status', 'state'],
    ['agents.Scout.latency_ms', 'agents'],
    ['agents', 'agents'],
    ['risk.var', 'state'],
    ['', 'state'],
    ['toString.x', 'state'],
  ])('of %s is %s', (path, expected) => {
    expect(sourceOf(documentOf([]), path)).toBe(expected);
  });

  it('is a configured one where the section has its name', () => {
    const sources = { state: { status: 'fresh', since }, risk: { status: 'down', since } } as const;
    expect(sourceOf({ sources }, 'risk.var')).toBe('risk');
  });
});

describe('Events keep current', () => {
  it.each([
    [['market.price'], 'market.price', true],
    [['market.price'], 'market.alpha', false],
    [['market.price'], 'market.pric', false],
    [['market.pric'], 'market.price', false],
    // A path above is as its worst.
    [['market.price'], 'market', false],
    [['market.price', 'market.symbol', 'market.alpha'], 'market', true],
    [['market'], 'market', true],
    [['market'], 'market.price', true],
    [['market'], 'portfolio.nav', false],
    [['status'], 'status', true],
    [['logs'], 'logs', true],
    [['logs'], 'logs.0.message', true],
    [[], 'market.price', false],
    [undefined, 'market.price', false],
    ['market.price', 'market.price', false],
    [[null, 7, {}], 'market.price', false],
  ])('by %j the path %s: %s', (live, path, expected) => {
    expect(isKeptLive(documentOf(live), path)).toBe(expected);
  });

  it('of a section by its name what is documented of it, and nothing else', () => {
    const document = documentOf(['market'], { market: { price: 1, spread: 2 } });
    const paths = ['market.price', 'market.spread', 'market'];
    expect(paths.map((path) => isKeptLive(document, path))).toEqual([true, false, false]);
  });

  it('what is below a path that they set', () => {
    const sources = { agents: { status: 'stale', since, live: ['agents.Scout'] } } as const;
    const document = { agents: { Scout: { latency_ms: 1 }, Macro: { latency_ms: 2 } }, sources };
    const paths = ['agents.Scout.latency_ms', 'agents.Scout', 'agents.Macro', 'agents'];
    expect(paths.map((path) => isKeptLive(document, path))).toEqual([true, true, false, false]);
  });

  it('never a path above one that they do not', () => {
    const names = ['price', 'alpha', 'regime', 'symbol', 'spread'];
    fc.assert(
      fc.property(fc.subarray(names, { minLength: 1 }), fc.subarray(names), (fields, live) => {
        const market = Object.fromEntries(fields.map((field) => [field, 1]));
        const document = documentOf(
          live.map((field) => `market.${field}`),
          { market },
        );
        const each = fields.map((field) => isKeptLive(document, `market.${field}`));
        expect(isKeptLive(document, 'market')).toBe(each.every((is) => is));
      }),
    );
  });
});

it('The documented fields are those of the protocol', () => {
  const initial = Object.entries(initialDocument(0));
  const scalars = initial.flatMap(([section, fields]) => {
    const names = Object.keys(Object(fields));
    return names.length > 0 && typeof fields === 'object' ? [[section, names]] : [];
  });
  expect([...documentedFields]).toEqual(scalars);
});
