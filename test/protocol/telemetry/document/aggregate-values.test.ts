import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isJsonObject, type JsonObject, type JsonValue } from '../../../../src/core/json.ts';
import { documentedSections, kindsIn } from '../../../../src/protocol/telemetry/document/shape.ts';
import { PollFailure } from '../../../../src/source/poll-failure.ts';
import { arbitraryJson } from '../../../support/arbitrary-json.ts';
import { second, setUpAggregate, state } from './aggregate-set-up.ts';

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
