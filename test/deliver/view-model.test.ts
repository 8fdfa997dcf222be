import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JsonObject, withoutKey } from '../../src/core/json.ts';
import { play, step, view } from './view-steps.ts';

/** What JSON makes of it: that is what clients hold. */
const asJson = (document: JsonObject): unknown => JSON.parse(JSON.stringify(document));

describe('Views that come, go, stall and switch', () => {
  it('leave every client with the server’s document, and give none a delta on what it does not hold', () => {
    fc.assert(
      fc.property(
        fc.array(view, { minLength: 1, maxLength: 5 }),
        fc.array(step, { maxLength: 60 }),
        (views, steps) => {
          const model = play(steps, views);
          for (const { view: seen, projection, reader } of model.clients) {
            expect(reader.faults).toEqual([]);
            const shown = projection.of(model.feed.current);
            // The time of a narrowed view changes without a packet where nothing else in it did.
            const narrow = (held: JsonObject) =>
              seen.sections === undefined ? held : withoutKey(held, 'timestamp');
            expect(asJson(narrow(reader.document))).toEqual(asJson(narrow(shown)));
            expect(reader.seq).toBe(projection.position.seq);
          }
          expect(model.faults).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('sends deltas at all, over which clients that stall are carried by whole packets', () => {
    const delta = { mode: 'delta', encoding: 'json', sections: undefined, interval: 0 } as const;
    const stalled = { which: 1 } as const;
    const { clients } = play(
      [
        { do: 'log' },
        { do: 'block', ...stalled },
        { do: 'log' },
        { do: 'tick' },
        { do: 'drain', ...stalled },
        { do: 'log' },
      ],
      [delta, delta],
    );
    expect(clients.map(({ reader }) => reader.types)).toEqual([
      ['WELCOME', 'DELTA', 'DELTA', 'DELTA', 'DELTA'],
      ['WELCOME', 'DELTA', 'TELEMETRY', 'DELTA'],
    ]);
  });
});
