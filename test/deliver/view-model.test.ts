import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type JsonObject, withoutKey } from '../../src/core/json.ts';
import { play, slowStep, slowView, step, view } from './view-steps.ts';

/** What JSON makes of it: that is what clients hold. */
const asJson = (document: JsonObject): unknown => JSON.parse(JSON.stringify(document));

describe('Views that come, go, stall and switch', () => {
  it.each([
    ['of every kind', view, step, { views: 5, steps: 60, numRuns: 300 }],
    ['at long intervals', slowView, slowStep, { views: 2, steps: 25, numRuns: 500 }],
  ] as const)(
    '%s: leave every client with the server’s document, give none a delta on what it does not hold, and each what is urgent in time',
    (_kind, viewOf, stepOf, { views, steps, numRuns }) => {
      fc.assert(
        fc.property(
          fc.array(viewOf, { minLength: 1, maxLength: views }),
          fc.array(stepOf, { maxLength: steps }),
          (given, happening) => {
            const model = play(happening, given);
            for (const { view: seen, projection, reader } of model.clients) {
              expect(reader.faults).toEqual([]);
              expect(reader.seq).toBeGreaterThanOrEqual(model.urgentSeq());
              if (seen.interval === Number.POSITIVE_INFINITY) continue;
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
        { numRuns },
      );
    },
    30_000,
  );

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
