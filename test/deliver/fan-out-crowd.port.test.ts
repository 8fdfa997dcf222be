import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Random } from '../../src/demo/random.ts';
import { FanOutClient } from '../support/fan-out-client.ts';
import { Crowd, fanOutViews } from '../support/fan-out-crowd.ts';
import { Ledger } from '../support/fan-out-ledger.ts';
import { createUpdates, Versions } from '../support/fan-out-updates.ts';
import { setUpViews } from '../support/view-set-up.ts';
import { type TestScope, waitFor } from '../support/wait.ts';

const seed = 20_261;
const updates = 2000;
const clients = 40;
/** How many versions those who read everything may be behind. */
const lead = 20;

/** A gateway whose every version is known, and for each view a client that reads all of it. */
async function setUp(test: TestScope) {
  const { gateway, publish, snapshot } = await setUpViews(test);
  const source = createUpdates(seed);
  // In the first version that clients see, everything has changed that any view shows.
  publish(source.last());
  const response = await fetch(`${gateway.url}/api/telemetry`);
  const seq = Number(/-(\d+)"$/.exec(response.headers.get('etag') ?? '')?.[1]);
  const versions = new Versions(seq, await snapshot());
  const ledger = new Ledger(versions);
  const [first] = fanOutViews;
  const plain = new FanOutClient(gateway.wsUrl, ledger, { view: first, deflate: false });
  const steady = fanOutViews.map((view) => new FanOutClient(gateway.wsUrl, ledger, { view }));
  await waitFor('the steady clients', () => [plain, ...steady].every(({ held }) => held > 0));
  const crowd = new Crowd(clients - fanOutViews.length - 1, {
    wsUrl: gateway.wsUrl,
    ledger,
    random: new Random(seed, 'crowd'),
  });
  return { gateway, source, versions, ledger, crowd, plain, steady, publish, snapshot };
}

describe(`2,000 updates of all sizes to 40 clients of all kinds, by chance of seed ${seed}`, () => {
  it('reach each of them whole, in order, and as they were sent', async (test) => {
    const { gateway, source, versions, ledger, crowd, plain, steady, publish, snapshot } = await setUp(test);
    const send = (event = source.next()): void => {
      versions.add(event);
      publish(event);
    };
    const state = () => ledger.faults;
    const keepsUp = ({ held, view }: FanOutClient): boolean =>
      view.interval > 0 || held >= ledger.positionIn(view, versions.newest - lead);
    for (let tick = 1; tick <= updates; tick += 1) {
      send();
      crowd.act(tick);
      await nextTurn();
      await waitFor('those who read', () => plain.held > versions.newest - lead && steady.every(keepsUp), {
        state,
      });
    }
    // The last is published while nobody of the crowd can be sent to: it must follow all the same.
    crowd.stall();
    for (let count = 0; count < 12; count += 1) {
      send({ ...source.next(), blob: `${count} `.repeat(30_000) });
      await nextTurn();
    }
    send(source.last());
    await waitFor('those who read', () => plain.held === versions.newest, { state });
    crowd.settle();
    const present = [plain, ...steady, ...crowd.members];
    await waitFor('the last update', () => present.every(({ held }) => held === versions.newest), { state });
    for (const client of present) client.ping();
    await waitFor('every answer', () => present.every(({ answered }) => answered));
    expect(await snapshot()).toEqual(versions.at(versions.newest));
    const skipped = (await gateway.metrics()).value('bff_skipped_total');

    const closing = present.map(({ closed }) => closed);
    await gateway.stop();
    expect(new Set(await Promise.all(closing))).toEqual(new Set([1001]));
    for (const { client, code } of crowd.gone) expect(await client.closed).toBe(code);
    const everyone = [...present, ...crowd.gone.map(({ client }) => client)];
    expect(ledger.faults).toEqual([]);
    expect(everyone.flatMap(({ faults }) => faults)).toEqual([]);
    expect(everyone.flatMap(({ frames }) => frames.faults)).toEqual([]);
    expect(present.filter(({ frames }) => !frames.closed)).toEqual([]);

    // All of the above says little unless the shared windows were used, and clients fell out of step with them.
    const [inStep] = steady;
    expect(inStep?.frames.compressed).toBeGreaterThan(0.9 * updates);
    expect(inStep?.frames.bytes).toBeLessThan(0.3 * plain.frames.bytes);
    expect(plain.frames.compressed).toBe(0);
    expect(crowd.gone.length).toBeGreaterThan(100);
    expect(skipped).toBeGreaterThan(1000);
  });
});
