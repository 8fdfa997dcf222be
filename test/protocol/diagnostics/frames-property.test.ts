import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { JsonObject } from '../../../src/core/json.ts';
import {
  diagnosticsHears as hears,
  diagnosticsTells as tells,
} from '../../../src/protocol/diagnostics/packets.ts';
import { eventKinds } from '../../../src/protocol/diagnostics/schema.ts';
import { arbitraryJson } from '../../support/arbitrary-json.ts';
import { describedChannel } from '../../support/conversation.ts';
import { examples, setUpDiagnostics } from './set-up.ts';

/** What `/asyncapi.json` says of each frame, read back: nothing but the documented fields. */
const schemas = new Map(
  describedChannel({ id: 'diagnostics', description: '', hears, tells }).messages.map(({ name, payload }) => [
    name,
    z.fromJSONSchema({ ...payload }, { defaultTarget: 'draft-7' }),
  ]),
);
const faultOf = (frame: JsonObject) => schemas.get(String(frame.type))?.safeParse(frame).error?.message;

const kind = fc.constantFrom(...eventKinds);
/** A good event in which some fields are something else, are missing, or are more than there should be. */
const nearlyGood = kind.chain((name) => {
  const example: JsonObject = examples[name];
  const field = fc.constantFrom(...Object.keys(example), 'id', 'type', 'extra', 'constructor', '__proto__');
  return fc
    .array(fc.tuple(field, fc.option(arbitraryJson, { nil: undefined })), { maxLength: 3 })
    .map((changes) => ({ name, text: JSON.stringify({ ...example, ...Object.fromEntries(changes) }) }));
});
const anything = fc.record({
  name: kind,
  text: fc.oneof(
    arbitraryJson.map((value) => JSON.stringify(value)),
    fc.string(),
  ),
});
const said = fc.oneof(
  fc.constantFrom('{"type":"ping"}', '{"type":"refresh"}', '{"type":"subscribe"}', '{', ''),
  arbitraryJson.map((value) => JSON.stringify(value)),
);

describe('Whatever is published and said', () => {
  it('clients get the documented frames with exactly the documented fields, in the order of their making', () => {
    const action = fc.oneof(
      nearlyGood.map((event) => ({ event })),
      anything.map((event) => ({ event })),
      said.map((text) => ({ text })),
      fc.nat(3000).map((ms) => ({ ms })),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 25 }), (actions) => {
        const newConnectionId = (): string => crypto.randomUUID();
        const { connect, publish, clock } = setUpDiagnostics({ newConnectionId });
        const [client, other] = [connect(), connect()];
        for (const one of actions) {
          if ('event' in one) publish(one.event.name, one.event.text);
          else if ('text' in one) client.say(one.text);
          else clock.advance(one.ms);
        }
        for (const frame of [...client.frames(), ...other.frames()]) expect(faultOf(frame)).toBeUndefined();
        expect(client.types().slice(0, 2)).toEqual(['telemetry', 'logs']);
        const ids = other.all('log').map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
        // The first one also saw the other arrive.
        expect(client.all('log').slice(1)).toEqual(other.all('log'));
        expect(client.transport.closes).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('a good event among them reaches everyone', () => {
    fc.assert(
      fc.property(fc.array(nearlyGood, { maxLength: 10 }), kind, (events, good) => {
        const { connect, publish } = setUpDiagnostics();
        const client = connect();
        for (const { name, text } of events) publish(name, text);
        publish(good, examples[good]);
        expect(client.last().data).toMatchObject(examples[good]);
      }),
    );
  });
});
