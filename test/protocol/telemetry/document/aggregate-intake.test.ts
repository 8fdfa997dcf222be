import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../../src/core/json.ts';
import { documentedSections, kindsIn } from '../../../../src/protocol/telemetry/document/shape.ts';
import { PollFailure } from '../../../../src/source/poll-failure.ts';
import { arbitraryJson, arbitraryJsonObject } from '../../../support/arbitrary-json.ts';
import { second, setUpAggregate, state } from './aggregate-set-up.ts';

const mebibyte = 1024 * 1024;
const padded = (bytes: number): string => `{"note":"${'x'.repeat(bytes - '{"note":""}'.length)}"}`;

const refusals: readonly (readonly [string, string, string])[] = [
  ['text that is no JSON', 'hunter2', 'malformed'],
  ['nothing', '', 'malformed'],
  ['half an object', '{"market":{"price":1}', 'malformed'],
  ['two objects', '{"status":"HALT"}{"status":"HALT"}', 'malformed'],
  ['an array', '[{"status":"HALT"}]', 'shape'],
  ['a number', '5', 'shape'],
  ['null', 'null', 'shape'],
  ['a number that is not finite', '1e999', 'shape'],
  ['the key __proto__', '{"status":"HALT","__proto__":{"polluted":1}}', 'forbidden_key'],
  ['the key constructor', '{"status":"HALT","a":{"constructor":{"prototype":1}}}', 'forbidden_key'],
  ['the key prototype, escaped', '{"status":"HALT","a":[{"\\u0070rototype":1}]}', 'forbidden_key'],
  ['65 levels', `{"status":"HALT","a":${'['.repeat(64)}${']'.repeat(64)}}`, 'too_deep'],
  ['5,000 levels', `{"status":"HALT","a":${'['.repeat(5000)}${']'.repeat(5000)}}`, 'too_deep'],
  ['500,000 levels', '['.repeat(500_000) + ']'.repeat(500_000), 'too_deep'],
  ['a byte over 1 MiB', padded(mebibyte + 1), 'too_large'],
];

describe('Aggregate at the edge', () => {
  it.each(refusals)('refuses %s, counts why, and applies nothing of it', (_what, text, reason) => {
    const subject = setUpAggregate();
    subject.poll(state);
    const before = subject.document;
    expect(subject.event(text)).toBe(false);
    expect(subject.document).toBe(before);
    expect(subject.refused(reason)).toBe(1);
    expect(Object.getPrototypeOf(subject.document)).toBe(Object.prototype);
    expect(JSON.stringify(subject.log.entries)).not.toMatch(/hunter2|HALT/);
    // Nothing is protected either: the next answer stands as it is.
    subject.poll({ ...state, timestamp: second(1) });
    expect(subject.document).toMatchObject({ ...state, timestamp: second(1) });
    expect(subject.arbitrated()).toBe(0);
  });

  it('takes exactly 1 MiB and exactly 64 levels', () => {
    const subject = setUpAggregate();
    expect(subject.event(padded(mebibyte))).toBe(true);
    expect(subject.event(`{"a":${'['.repeat(63)}${']'.repeat(63)}}`)).toBe(true);
  });

  it('measures an event in bytes, not in characters', () => {
    const subject = setUpAggregate();
    expect(subject.event(`{"note":"${'é'.repeat(mebibyte / 2)}"}`)).toBe(false);
    expect(subject.refused('too_large')).toBe(1);
  });

  it('knows nothing of a field that is not finite, counts each, and applies the others', () => {
    const subject = setUpAggregate();
    subject.poll(state);
    subject.event({ curve: [1, 2], market: { bid: 1 } });
    const text =
      '{"market":{"price":NaN,"alpha":1e999,"velocity":2,"bid":NaN},"curve":[1,-Infinity],"note":"NaN"}';
    expect(subject.event(text)).toBe(true);
    expect(subject.section('market')).toEqual({ ...state.market, price: null, alpha: null, velocity: 2 });
    expect(subject.document).toMatchObject({ note: 'NaN' });
    expect(subject.document).not.toHaveProperty('curve');
    expect(subject.refused('non_finite')).toBe(4);
  });

  it('logs refusals of one kind once in five seconds, with the number left out', () => {
    const subject = setUpAggregate();
    for (let event = 0; event < 1000; event++) {
      subject.event('nonsense');
      subject.event('[]');
    }
    const lines = subject.log.entries.filter(({ message }) => message === 'event refused');
    // 20 s of 10 ms each: two reasons, one line each at 0, 5, 10 and 15 s.
    expect(lines).toHaveLength(8);
    expect(lines.at(-1)?.fields).toMatchObject({ suppressed: expect.any(Number) });
  });

  it('keeps the document within bounds, however many keys events add', () => {
    const subject = setUpAggregate();
    const outcomes = Array.from({ length: 24 }, (_, index) =>
      subject.event({ [`key${index}`]: 'x'.repeat(1_000_000) }),
    );
    expect(outcomes.slice(0, 15).every(Boolean)).toBe(true);
    expect(outcomes.at(-1)).toBe(false);
    expect(JSON.stringify(subject.document).length).toBeLessThan(17 * mebibyte);
    expect(subject.event({ key0: null })).toBe(true);
  });

  it('never throws and never changes its prototype, whatever an event holds', () => {
    const any = fc.oneof(
      arbitraryJsonObject,
      fc.dictionary(fc.constantFrom('market', 'logs', 'agents', 'sources', 'type', 'data'), arbitraryJson),
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(any, fc.string()), { maxLength: 5 }), (events) => {
        const subject = setUpAggregate();
        for (const event of events) {
          const before = subject.document;
          if (!subject.event(event)) expect(subject.document).toBe(before);
        }
        for (const section of ['market', 'portfolio', 'signal', 'governance', 'agents', 'models']) {
          expect(subject.section(section)).toBeTypeOf('object');
          expect(subject.section(section)).not.toBeNull();
        }
        expect(subject.section('sources')).toEqual({});
        expect(Array.isArray(subject.section('logs'))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

const value = fc.oneof(
  arbitraryJson,
  fc.constantFrom<JsonValue>('187.32', 'high', second(3), 1_780_315_205, {}, []),
  fc.dictionary(fc.constantFrom('price', 'symbol', 'nav', 'A', 'agents', 'x'), arbitraryJson),
);
const input = fc.oneof(
  fc.dictionary(fc.constantFrom(...documentedSections, 'timestamp', 'status', 'other'), value, {
    noNullPrototype: true,
  }),
  fc.constant<JsonObject>(state),
);
const step = fc.record({ from: fc.constantFrom('state', 'agents', 'models', 'event'), body: input });

function expectDocumented(document: JsonObject): void {
  for (const section of documentedSections) {
    const held = document[section];
    if (held === undefined) continue;
    if (section === 'logs') {
      expect(held).toBeInstanceOf(Array);
      continue;
    }
    if (!isJsonObject(held)) throw new Error(`${section} is no object`);
    for (const [field, kind] of Object.entries(kindsIn(section) ?? {}))
      expect(['undefined', kind]).toContain(typeof (held[field] ?? undefined));
  }
  expect(document.status === null || typeof document.status === 'string').toBe(true);
  expect(document.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
}

describe('Aggregate, whatever polls and events bring,', () => {
  it('has a document whose documented fields are of their types, or null', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
        const subject = setUpAggregate();
        for (const { from, body } of steps) {
          if (from === 'event') subject.event(body);
          else subject.poll(body, from);
          expectDocumented(subject.document);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('fails a poll for nothing but an answer that is no object', () => {
    fc.assert(
      fc.property(fc.oneof(arbitraryJson, input), (body) => {
        const subject = setUpAggregate();
        if (isJsonObject(body)) expect(() => subject.read('state', body)).not.toThrow();
        else expect(() => subject.read('state', JSON.stringify(body))).toThrow(PollFailure);
      }),
    );
  });

  it('shows what an answer says after it, however wrong what came before was', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
        const subject = setUpAggregate();
        for (const { from, body } of steps) {
          if (from === 'event') subject.event({ ...body, timestamp: second(1) });
          else subject.poll({ ...body, timestamp: second(2) }, from);
        }
        subject.poll({ ...state, timestamp: second(3) });
        expect(subject.document).toMatchObject({ ...state, timestamp: second(3) });
        expect(subject.notes()).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});
