import { createContext, runInContext } from 'node:vm';
import { io, type ManagerOptions, type SocketOptions } from 'socket.io-client';
import { EventSource } from 'undici';
import { describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import {
  connecting,
  connectingToOwnServer,
  debouncing,
  hearing,
  hearingOfConnection,
  refreshing,
  refreshingShortly,
  resubscribing,
  settingInterval,
  streaming,
  subscribing,
  subscribingShortly,
  unsubscribing,
} from '../../support/shipped-metrics-page.ts';
import { type TestScope, useIn, waitFor } from '../../support/wait.ts';

/** Figures move with nearly every poll. */
const lively = { engine: { activity: 10 } };

const byPolling = connecting.replace("['websocket', 'polling']", "['polling']");

/** What a listener of the page was given. */
type Note = readonly [event: string, ...given: unknown[]];

/** A page served by the gateway, whose scripts run one after the other as they stand. */
function openPage(test: TestScope, { url }: TestGateway) {
  const [notes, shown, printed]: [Note[], Record<string, unknown>[], string[]] = [[], [], []];
  const opened: { close(): void }[] = [];
  test.onTestFinished(() => {
    for (const connection of opened) connection.close();
  });
  const remember = <Connection extends { close(): void }>(connection: Connection): Connection => {
    opened.push(connection);
    return connection;
  };
  const print = (...words: unknown[]) => printed.push(words.join(' '));
  const context = createContext({
    io: (...[address, options]: [string?, Partial<ManagerOptions & SocketOptions>?]) =>
      remember(io(address ?? url, { ...options, forceNew: true })),
    EventSource: function open(path: string) {
      return remember(new EventSource(new URL(path, url).href));
    },
    ...{ setTimeout, clearTimeout },
    console: { log: print, error: print },
    note: (...given: Note) => notes.push(given),
    updateUI: (data: Record<string, unknown>) => shown.push(data),
  });
  return {
    printed,
    shown,
    notes,
    run(...scripts: readonly string[]) {
      for (const script of scripts) runInContext(script.replaceAll('http://localhost:3000', url), context);
    },
    set: (values: Readonly<Record<string, unknown>>) => Object.assign(context, values),
    /** What the listener of an event was given for the n-th time. */
    noted: (event: string, times = 1): Promise<Note> =>
      waitFor(`${event} for the ${times}. time`, () => notes.filter(([name]) => name === event)[times - 1], {
        state: () => [...printed, ...notes.map(([name]) => name)],
      }),
    prints: (line: string, times = 1): Promise<boolean> =>
      waitFor(`"${line}"`, () => printed.filter((each) => each.startsWith(line)).length >= times, {
        state: () => printed,
      }),
  };
}

const count = expect.any(Number);
const snapshot = {
  overview: expect.objectContaining({
    tasks: expect.objectContaining({ total: count, running: count, completed: count, failed: count }),
    costs: expect.objectContaining({ total_cost: count }),
    claude_api: expect.objectContaining({
      total_requests: count,
      total_input_tokens: count,
      total_output_tokens: count,
    }),
    tools: expect.objectContaining({ total_calls: count, by_type: expect.objectContaining({ Read: count }) }),
  }),
  sessions: expect.objectContaining({
    total_sessions: count,
    total_tools: count,
    tools_by_type: expect.any(Object),
  }),
  activity: expect.arrayContaining([
    expect.objectContaining({ description: expect.any(String), timestamp: count }),
  ]),
  timestamp: count,
};
const { overview, sessions, activity } = snapshot;

describe('A page of an earlier monitoring server', () => {
  it.for<[string, string]>([
    ['by a WebSocket first', connecting],
    ['by polling first', connecting.replace("['websocket', 'polling']", "['polling', 'websocket']")],
    ['by polling alone', byPolling],
  ])('connects %s, and is answered in the words that it knows', async ([, connectingSo], test) => {
    const gateway = await useIn(test, startGateway(lively));
    const page = openPage(test, gateway);
    page.run(`${connectingSo}${hearingOfConnection}${hearing}var id = () => socket.id;`);
    await page.prints('Connected to server');
    const [, ...greeting] = await page.noted('connected');
    page.run('note("own id", id())');
    expect(greeting).toEqual(['connected', (await page.noted('own id'))[1]]);

    page.run(subscribing);
    expect(await page.noted('subscribed')).toEqual([
      'subscribed',
      'subscribed',
      { hours: 24, update_interval: 2 },
    ]);
    expect(await page.noted('metrics_update')).toEqual([
      'metrics_update',
      overview,
      sessions,
      activity,
      count,
    ]);
    page.run('socket.on("interval_updated", (data) => note("interval_updated", data))', settingInterval);
    expect(await page.noted('interval_updated')).toEqual(['interval_updated', { interval: 5 }]);
    const before = page.notes.length;
    page.run(refreshing);
    await waitFor('the answer', () => page.notes.slice(before).some(([event]) => event === 'metrics_update'));
    page.run('socket.emit("subscribe", {hours: "a day"})');
    expect(await page.noted('error')).toEqual(['error', expect.stringContaining('hours'), count]);
    page.run('socket.on("unsubscribed", (data) => note("unsubscribed", data))', unsubscribing);
    expect(await page.noted('unsubscribed')).toEqual(['unsubscribed', { status: 'unsubscribed' }]);
    expect(page.printed).toEqual(['Connected to server']);
  });

  it('is answered where it names nothing, or as little as it may', async (test) => {
    const gateway = await useIn(test, startGateway(lively));
    const page = openPage(test, gateway);
    page.run(connecting, hearing, subscribingShortly);
    expect((await page.noted('subscribed')).at(-1)).toEqual({ hours: 24, update_interval: 2 });
    await page.noted('metrics_update');
    page.run(unsubscribing, refreshingShortly);
    const [, , , , refreshedAt] = await page.noted('metrics_update', 2);
    expect(refreshedAt).toEqual(count);
    page.run(`${debouncing}requestRefresh(); requestRefresh(); requestRefresh();`);
    await page.noted('metrics_update', 3);
  });

  it.for<[string, string]>([
    ['a WebSocket', connecting],
    ['polling', byPolling],
  ])('subscribes again by %s, as it did before, when the server is back', async ([, connectingSo], test) => {
    const gateway = await useIn(test, startGateway(lively));
    const page = openPage(test, gateway);
    page.set({ wasSubscribed: true, lastConfig: { hours: 6, update_interval: 1 } });
    page.run(connectingSo, hearingOfConnection, hearing, resubscribing);
    await page.noted('metrics_update');
    await gateway.stop();
    await page.prints('Disconnected: transport');
    const updates = page.notes.filter(([event]) => event === 'metrics_update').length;
    await useIn(test, startGateway({ settings: { PORT: `${gateway.port}` } }));
    await page.prints('Connected to server', 2);
    expect((await page.noted('subscribed', 2)).at(-1)).toEqual({ hours: 6, update_interval: 1 });
    await page.noted('metrics_update', updates + 1);
  });

  it.for<[string, string]>([
    ['a stream', streaming],
    ['Socket.IO', connectingToOwnServer],
  ])('shows figures of its own server by %s, and those that follow', async ([, script], test) => {
    const gateway = await useIn(test, startGateway(lively));
    const page = openPage(test, gateway);
    page.run(script);
    await waitFor('figures that have moved', () => page.shown.length >= 2);
    for (const data of page.shown) expect(data).toEqual(snapshot);
    const [first, second] = page.shown;
    expect({ ...second, timestamp: 0 }).not.toEqual({ ...first, timestamp: 0 });
  });

  it('reads the figures once', async (test) => {
    const { url } = await useIn(test, startGateway(lively));
    const answer = await fetch(`${url}/api/metrics/overview`);
    expect([answer.status, await answer.json()]).toEqual([200, snapshot]);
  });
});
