import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../../src/core/json.ts';
import { normalise } from '../../../../src/protocol/telemetry/document/normalise.ts';
import { documentedSections, fieldsOf, kindsIn } from '../../../../src/protocol/telemetry/document/shape.ts';
import { arbitraryJson } from '../../../support/arbitrary-json.ts';
import { state } from './aggregate-set-up.ts';

const context = { tickTime: '2026-01-01T00:00:09.000Z', previousLogs: undefined };
const read = (input: JsonObject) => normalise(input, context);
const notesOf = (input: JsonObject) => read(input).notes.map(({ text }) => text);
const nothing = (section: string) => Object.fromEntries(fieldsOf(section).map((field) => [field, null]));

describe('normalise', () => {
  it.each<[string, JsonObject]>([
    ['a whole state', state],
    ['nothing', {}],
    ['a partial state', { market: { price: 1, bid: 2 }, extra: [{ name: 'x' }] }],
    ['scalars that are null', { status: null, market: { price: null, symbol: null } }],
    ['keys that objects inherit', { toString: 1, valueOf: { x: 1 } }],
  ])('leaves %s as it is', (_what, input) => {
    expect(read(input)).toEqual({ document: input, notes: [], unknown: [] });
  });

  it.each<[JsonValue, number]>([
    ['187.32', 187.32],
    [' +187.32 ', 187.32],
    ['-1.5E-3', -0.0015],
    // An integer that no double holds comes as its digits.
    ['9007199254740993', 9_007_199_254_740_992],
  ])('reads %j in a number field as the number', (value, number) => {
    expect(read({ market: { price: value, symbol: '187.32' } })).toEqual({
      document: { market: { price: number, symbol: '187.32' } },
      notes: [],
      unknown: [],
    });
  });

  it.each<[JsonValue, string]>([
    ['', 'a string'],
    ['0x1F', 'a string'],
    ['1,000', 'a string'],
    ['NaN', 'a string'],
    ['-Infinity', 'a string'],
    ['hunter2', 'a string'],
    [true, 'a boolean'],
    [['hunter2'], 'a list'],
    [{ hunter2: 1 }, 'an object'],
  ])('reads %j in a number field as null, names the field, and reads the others', (value, kind) => {
    const input = {
      ...state,
      market: { ...state.market, price: value },
      governance: { approved_size: value },
    };
    const { document, notes } = read(input);
    expect(document).toEqual({
      ...state,
      market: { ...state.market, price: null },
      governance: { approved_size: null },
    });
    expect(notes).toEqual([
      { path: ['market', 'price'], text: `market.price: expected a number, got ${kind}` },
      {
        path: ['governance', 'approved_size'],
        text: `governance.approved_size: expected a number, got ${kind}`,
      },
    ]);
  });

  it.each<[JsonObject, string]>([
    [{ status: 5 }, 'status: expected a string, got a number'],
    [{ market: { symbol: {} } }, 'market.symbol: expected a string, got an object'],
    [{ signal: { side: ['BUY'] } }, 'signal.side: expected a string, got a list'],
    [{ timestamp: 'yesterday' }, 'timestamp: expected a time, got a string'],
    [{ timestamp: {} }, 'timestamp: expected a time, got an object'],
    [{ timestamp: 1e300 }, 'timestamp: expected a time, got a number'],
    [{ logs: {} }, 'logs: expected a list, got an object'],
    [{ agents: 5 }, 'agents: expected a map, got a number'],
  ])('says what is wrong with %j', (input, note) => expect(notesOf(input)).toEqual([note]));

  it.each<JsonValue>([5, 'SPY', true, [], [state.market]])(
    'keeps a section that is %j, without anything in it',
    (value) => {
      for (const section of ['market', 'portfolio', 'signal', 'governance']) {
        const { document, notes, unknown } = read({ [section]: value, status: 'ACTIVE' });
        expect(document).toEqual({ [section]: nothing(section), status: 'ACTIVE' });
        expect(notes.map(({ text }) => text)).toEqual([
          expect.stringContaining(`${section}: expected an object, got a`),
        ]);
        expect(unknown).toEqual([section]);
      }
    },
  );

  it('keeps a section that is null without anything in it, which is not odd', () => {
    const sections = Object.fromEntries([...documentedSections].map((section) => [section, null]));
    expect(read(sections)).toEqual({
      document: {
        ...Object.fromEntries(
          ['market', 'portfolio', 'signal', 'governance'].map((name) => [name, nothing(name)]),
        ),
        ...{ logs: [], agents: {}, models: {} },
      },
      notes: [],
      unknown: [],
    });
  });

  it.each([
    ['2026-11-30T12:00:00.123456+02:00', '2026-11-30T10:00:00.123456Z'],
    ['2026-11-30T12:00:00', '2026-11-30T12:00:00Z'],
    [1_764_504_000, '2025-11-30T12:00:00Z'],
    ['1764504000123456789', '2025-11-30T12:00:00.123456789Z'],
  ])('words the time %s as %s', (timestamp, shown) => {
    expect(read({ timestamp })).toEqual({ document: { timestamp: shown }, notes: [], unknown: [] });
  });

  it('leaves out a time that is null, which is not odd', () => {
    expect(read({ timestamp: null })).toEqual({ document: {}, notes: [], unknown: [] });
  });

  it('keeps its notes short and few, whatever the names are', () => {
    const names = Array.from({ length: 10_000 }, (_, index) => [`${'x'.repeat(1000)}${index}`, 5]);
    const notes = notesOf({ agents: Object.fromEntries(names) });
    expect(notes.length).toBeLessThanOrEqual(64);
    expect(Math.max(...notes.map(({ length }) => length))).toBeLessThan(200);
  });
});

/** What an engine may put in the place of anything, and names that are documented more often than not. */
const anything = fc.oneof(
  arbitraryJson,
  fc.constantFrom<JsonValue>('187.32', ' +1 ', 'hunter2', '2026-11-30T12:00:00', 1_764_504_000, 'NaN', -0.5),
  fc.dictionary(
    fc.constantFrom('price', 'symbol', 'nav', 'side', 'confidence', 'name', 'bid'),
    arbitraryJson,
  ),
  fc.array(fc.record({ name: fc.constantFrom<JsonValue>('A', 'B', 7, '', null), x: arbitraryJson })),
);
const wrapped = fc
  .tuple(fc.constantFrom('agents', 'models'), anything)
  .map(([key, value]) => ({ [key]: value }));
const keys = [...documentedSections, 'timestamp', 'status', 'other', 'toString'];
const answer = fc.dictionary(fc.constantFrom(...keys), fc.oneof(anything, wrapped), {
  noNullPrototype: true,
});

describe('normalise, whatever an engine answers,', () => {
  it('has every documented field of its documented type, or null', () => {
    fc.assert(
      fc.property(answer, (input) => {
        const { document } = read(input);
        for (const key of ['other', 'toString']) expect(document[key]).toBe(input[key]);
        for (const [section, value] of Object.entries(document)) {
          const kinds = kindsIn(section);
          if (kinds !== undefined) {
            if (!isJsonObject(value)) throw new Error(`${section} is no object`);
            for (const [field, kind] of Object.entries(kinds))
              expect([kind, 'undefined']).toContain(typeof (value[field] ?? undefined));
          }
          if (section === 'status') expect(value === null || typeof value === 'string').toBe(true);
          if (section === 'timestamp') expect(value).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
          if (section === 'logs') expect(value).toBeInstanceOf(Array);
          if (section !== 'agents' && section !== 'models') continue;
          if (!isJsonObject(value)) throw new Error(`${section} is no map`);
          for (const entry of Object.values(value)) expect(typeof entry).toBe('object');
        }
      }),
    );
  });

  it('loses nothing that is of its type, whatever stands beside it', () => {
    const place = fc.constantFrom(
      ...['market', 'portfolio', 'signal', 'governance'].flatMap((section) =>
        fieldsOf(section).map((field) => [section, field] as const),
      ),
    );
    fc.assert(
      fc.property(answer, place, anything, (input, [section, field], value) => {
        const { document, notes } = read({
          ...input,
          ...state,
          [section]: { ...state[section as 'market'], [field]: value },
        });
        const said = Object(document[section])[field];
        expect(document).toEqual({
          ...read(input).document,
          ...state,
          [section]: { ...state[section as 'market'], [field]: said },
        });
        const isOdd = said === null && value !== null;
        expect(notes.filter(({ path }) => path[0] === section)).toHaveLength(isOdd ? 1 : 0);
        expect(JSON.stringify(notes)).not.toContain('hunter2');
      }),
    );
  });

  it('changes nothing of what it has read once', () => {
    fc.assert(
      fc.property(answer, (input) => {
        const { document } = read(input);
        expect(read(document)).toEqual({ document, notes: [], unknown: [] });
      }),
    );
  });
});
