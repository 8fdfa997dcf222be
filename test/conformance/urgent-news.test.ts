import { describe, expect, it } from 'vitest';
import { isJsonObject } from '../../src/core/json.ts';
import { MemoryEvents } from '../../src/source/events.ts';
import { connectClient, type Packet } from '../support/client.ts';
import { openEventStream } from '../support/event-stream-client.ts';
import { startGateway } from '../support/gateway.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { type Hands, type StateUnderTest, states } from '../support/urgent-news.ts';
import { type TestScope, useIn, waitFor } from '../support/wait.ts';

/** A connection that shows a view, whatever its transport. */
interface Viewer {
  readonly label: string;
  readonly packets: readonly Packet[];
}

/** A gateway whose clock stands still, so that no slot of an interval comes, and a client for each of its views. */
async function setUp(test: TestScope, state: StateUnderTest, more = {}) {
  const engine = await useIn(test, state.startEngine());
  const clock = createManualClock();
  const events = new MemoryEvents();
  const settings = { ENGINE_URL: engine.url, MAX_RATE_HZ: '1', ...more };
  const gateway = await useIn(test, startGateway({ clock, events, engine: false, settings }));
  const read = async (twin: string): Promise<unknown> => (await fetch(`${gateway.url}${twin}`)).json();
  for (const twin of state.twins) {
    await waitFor(`${twin} to be ready`, async () => {
      const found = await read(twin);
      return isJsonObject(found) && state.isReady(found);
    });
  }
  const socket = async (path: string, perMessageDeflate: boolean): Promise<Viewer> => {
    const { packets } = await useIn(test, connectClient(`${gateway.wsUrl}${path}`, { perMessageDeflate }));
    return { label: `${path}${perMessageDeflate ? ' (deflated)' : ''}`, packets };
  };
  const stream = async (path: string): Promise<Viewer> => {
    const client = await useIn(test, openEventStream(`${gateway.url}${path}`));
    return {
      label: path,
      get packets() {
        return client.packets;
      },
    };
  };
  const viewers = await Promise.all([
    ...state.sockets.flatMap((path) => [socket(path, false), socket(path, true)]),
    ...state.streams.map(stream),
  ]);
  await everyone(viewers, 'to be greeted', ({ packets }) => packets.length > 0);
  const hands: Hands = { clock, events, killEngine: async () => engine.stop() };
  return { hands, viewers };
}

function isPaced(address: string): boolean {
  return address.includes('interval=');
}

function everyone(viewers: readonly Viewer[], what: string, is: (viewer: Viewer) => boolean): Promise<true> {
  const others = () => viewers.filter((viewer) => !is(viewer));
  return waitFor(`every viewer ${what}`, () => others().length === 0 || undefined, {
    state: () => others().map(({ label, packets }) => `${label}: ${packets.at(-1)?.text.slice(0, 100)}`),
  });
}

describe.each(states)('Whoever sees the state of $name', (state) => {
  it('is told what is urgent before any slot, in every view, encoding and transport', async (test) => {
    const { hands, viewers } = await setUp(test, state);
    for (const { what, cause, isTold } of state.news) {
      state.move(hands);
      await cause(hands);
      await everyone(viewers, `to be told ${what}`, ({ packets }) => packets.some(isTold));
    }
  });
});

const paced = states.filter(({ sockets }) => sockets.some(isPaced));

describe.each(paced)('Whoever sees the state of $name at an interval', (state) => {
  it('is sent no figures before their slot but with what is urgent', async (test) => {
    // What an event says is not put right by a poll.
    const { hands, viewers } = await setUp(test, state, { POLL_CRON: '0 0 0 1 1 *' });
    const slow = viewers.filter(({ label }) => isPaced(label));
    for (const { what, cause, isTold } of state.news.slice(0, 1)) {
      const before = new Map(slow.map(({ label, packets }) => [label, packets.length]));
      state.move(hands);
      await cause(hands);
      await everyone(slow, `to be told ${what}`, ({ packets }) => packets.some(isTold));
      const sent = slow.map(({ label, packets }) => [label, packets.length - (before.get(label) ?? 0)]);
      expect(sent.filter(([, count]) => count !== 1)).toEqual([]);
    }
  });
});
