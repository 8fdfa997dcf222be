import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EnginePlace, EnginePlaces } from '../../src/source/engine-places.ts';

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** What was asked for, as far as it has got. */
function setUp() {
  const places = new EnginePlaces();
  const held: EnginePlace[] = [];
  let refused = 0;
  const ask = (client: string, path: string, signal = new AbortController().signal): Promise<void> =>
    places.take({ client, path }, signal).then(
      (place) => {
        if (place === undefined) refused += 1;
        else held.push(place);
      },
      () => {},
    );
  return { ask, held, refused: () => refused };
}

describe('EnginePlaces', () => {
  it('has one client hold half of the connections and of the places, and refuses it more', async () => {
    const { ask, held, refused } = setUp();
    for (let count = 0; count < 200; count += 1) void ask('greedy', `path ${count}`);
    await settled();
    expect([held.length, refused()]).toEqual([8, 200 - 64]);
    await ask('other', 'path');
    expect(held).toHaveLength(9);
  });

  it('has one path hold half, whoever asks for it', async () => {
    const { ask, held, refused } = setUp();
    for (let count = 0; count < 200; count += 1) void ask(`client ${count}`, 'hanging');
    await settled();
    expect([held.length, refused()]).toEqual([8, 200 - 64]);
    await ask('client 1', 'quick');
    expect(held).toHaveLength(9);
  });

  it('leaves a client whose requests for one thing hang room for another', async () => {
    const { ask, held } = setUp();
    for (let count = 0; count < 40; count += 1) void ask('page', 'hanging');
    await settled();
    expect(held).toHaveLength(4);
    await ask('page', 'quick');
    expect(held).toHaveLength(5);
  });

  it('gives a connection on where the engine has answered, and the place where the client has read', async () => {
    const { ask, held, refused } = setUp();
    for (let count = 0; count < 32; count += 1) void ask('page', 'log');
    for (let turn = 1; turn <= 8; turn += 1) {
      await settled();
      expect(held).toHaveLength(4 * turn);
      for (const place of held) place.answered();
    }
    await ask('page', 'log');
    expect(refused()).toBe(1);
    held[0]?.release();
    held[0]?.release();
    await ask('page', 'log');
    await ask('page', 'log');
    expect([held.length, refused()]).toEqual([33, 2]);
  });

  it('loses no place, in whatever order requests come, go and give up', async () => {
    const step = fc.record({
      what: fc.constantFrom('ask', 'ask', 'ask', 'answered', 'release', 'abort'),
      client: fc.integer({ min: 0, max: 3 }),
      path: fc.integer({ min: 0, max: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 200 }), async (steps) => {
        const { ask, held, refused } = setUp();
        const signals: AbortController[] = [];
        for (const { what, client, path } of steps) {
          if (what === 'ask') {
            const gone = new AbortController();
            signals.push(gone);
            void ask(`${client}`, `${path}`, gone.signal);
          }
          if (what === 'answered') held.at(client)?.answered();
          if (what === 'release') held.shift()?.release();
          if (what === 'abort') signals.at(path)?.abort();
          await Promise.resolve();
        }
        for (const gone of signals) gone.abort();
        await settled();
        for (const place of held) place.release();
        await settled();
        for (const place of held) place.release();
        held.length = 0;
        const before = refused();
        for (let count = 0; count < 128; count += 1) void ask(`${count % 8}`, `${count % 16}`);
        await settled();
        expect([held.length, refused() - before]).toEqual([16, 0]);
      }),
      { numRuns: 50 },
    );
  });
});
