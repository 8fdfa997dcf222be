import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { TestClient } from '../../../support/client.ts';
import { createMirror } from '../../../support/mirror.ts';
import { createSimulation } from '../../../support/simulation.ts';
import { setUpViews } from '../../../support/view-set-up.ts';
import { waitFor } from '../../../support/wait.ts';

const ticks = 600;
/** Of each: the query it connects with, and the one by which REST shows the same. */
const views = [
  ['', ''],
  ['?mode=delta', ''],
  ['?mode=delta&encoding=msgpack', ''],
  ['?encoding=msgpack&interval=50', ''],
  ['?mode=delta&interval=100', ''],
  ['?mode=delta&sections=market,logs', '?sections=market,logs'],
  ['?mode=delta&encoding=msgpack&interval=50&sections=agents,models', '?sections=agents,models'],
  ['?mode=delta&symbol=QQQ', '?symbol=QQQ'],
] as const;

/** As JSON says it: no difference between 0 and -0, none by the order of keys. */
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

function mirrorOf(client: TestClient) {
  const mirror = createMirror();
  for (const packet of client.packets) mirror.take(packet);
  return mirror;
}

describe('600 ticks with packets skipped at random', () => {
  it.for([1, 42])('leave every client with the server’s document (seed %i)', async (seed, test) => {
    const { connect, openStream, publish, snapshot, gateway } = await setUpViews(test);
    const clients = await Promise.all(views.map(([query]) => connect(query)));
    const stream = await openStream('?mode=delta');
    const steady = await connect('?mode=delta');
    const simulation = createSimulation(seed);
    const { random } = simulation;

    const pausedUntil = clients.map(() => 0);
    for (let tick = 1; tick <= ticks; tick += 1) {
      const symbol = random() < 0.2 ? 'QQQ' : 'SPY';
      publish(simulation.next(symbol));
      for (const [index, client] of clients.entries()) {
        if (pausedUntil[index] === tick) client.socket.resume();
        if (random() >= 0.02 || (pausedUntil[index] ?? 0) > tick) continue;
        // It answers no ping meanwhile, so that the gateway stops sending when its window is full.
        client.socket.pause();
        pausedUntil[index] = tick + 1 + Math.floor(random() * 60);
      }
      await nextTurn();
      if (tick % 20 === 0) await waitFor('the steady client', () => steady.latest.seq >= tick / 4);
    }
    for (const client of clients) client.socket.resume();
    publish(simulation.last('SPY'));
    publish(simulation.last('QQQ'));

    for (const [index, [query, twin]] of views.entries()) {
      const client = clients[index];
      if (client === undefined) throw new Error('no client');
      const expected = asJson(await snapshot(twin));
      await waitFor(
        `the end of ${query}`,
        () => mirrorOf(client).document.timestamp === Object(expected).timestamp,
      );
      const mirror = mirrorOf(client);
      expect(mirror.faults, query).toEqual([]);
      expect(asJson(mirror.document), query).toEqual(expected);
      // What an interval or a long pause conflates may well be told better as a whole.
      if (!query.includes('interval')) expect(mirror.deltas > 0, query).toBe(query.includes('delta'));
    }
    const mirror = createMirror();
    for (const packet of stream.packets) mirror.take(packet);
    expect(mirror.faults).toEqual([]);
    expect(asJson(mirror.document)).toEqual(asJson(await snapshot()));
    expect((await gateway.metrics()).value('bff_skipped_total')).toBeGreaterThan(20);
  });

  it('cost each delta client less than 70 % of a full packet per delta', async (test) => {
    const { connect, publish } = await setUpViews(test);
    const client = await connect('?mode=delta');
    const simulation = createSimulation(7);
    for (let tick = 1; tick <= ticks; tick += 1) {
      publish(simulation.next('SPY'));
      if (tick % 20 === 0) await nextTurn();
    }
    publish({ done: true });
    await client.next(({ text }) => text.includes('"done":true'));
    const mirror = createMirror();
    for (const packet of client.packets) {
      mirror.take(packet);
      if (packet.type !== 'DELTA') continue;
      const full = JSON.stringify({ type: 'TELEMETRY', seq: packet.seq, data: mirror.document });
      expect(packet.bytes / Buffer.byteLength(full), packet.text.slice(0, 200)).toBeLessThan(0.7);
    }
    expect(mirror.deltas).toBeGreaterThan(ticks / 2);
  });

  it('send a keyframe after 600 deltas', async (test) => {
    const { connect, publish } = await setUpViews(test);
    const client = await connect('?mode=delta');
    for (let tick = 1; tick <= 650; tick += 1) {
      publish({ market: { price: tick } });
      // A sweep that the machine held up ends before the next one, which would else be one delta with it.
      await nextTurn();
    }
    await client.next(({ text }) => text.includes('"price":650'));
    const types = client.packets.map(({ type }) => type);
    expect(types.indexOf('TELEMETRY')).toBe(601);
    expect(types.filter((type) => type === 'TELEMETRY')).toHaveLength(1);
  });
});
