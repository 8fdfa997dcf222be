import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Gateway } from '../../src/app.ts';
import { loadSettings } from '../../src/settings.ts';
import { MemoryEvents } from '../../src/source/events.ts';
import { connectClient, refusalOf, type TestClient } from '../support/client.ts';
import { deflateTerms, fanOutViews } from '../support/fan-out-crowd.ts';
import { takeCensus } from '../support/heap-census.ts';
import { readMetrics } from '../support/metrics.ts';
import { handshake } from '../support/raw-socket.ts';
import { startSymbolEngine } from '../support/symbol-engine.ts';
import { type TestScope, useIn, waitFor } from '../support/wait.ts';

const cycles = 1000;
const atOnce = 20;
/** Much more than it takes, for a machine that is busy with other things. */
const timeout = { timeout: 600_000 };
/** By which the objects of a class may be more than before. One left behind by each tenth client would be more. */
const allowance = 75;
const maxBytes = 1_000_000;
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** A gateway that remembers nothing by design: no log lines, no history. */
async function setUp(test: TestScope) {
  const engine = await useIn(test, startSymbolEngine());
  const env = {
    PORT: '0',
    HOST: '127.0.0.1',
    ENGINE_URL: engine.url,
    POLL_CRON: '0 0 0 1 1 *',
    MAX_RATE_HZ: '0',
    HISTORY_SECONDS: '0',
    SHUTDOWN_TIMEOUT_MS: '200',
  };
  const events = new MemoryEvents();
  const settings = { ...loadSettings({ env }), ENGINE_URL: engine.url };
  const gateway = new Gateway({ settings, log: silent, events });
  const { port, url } = await gateway.start();
  test.onTestFinished(() => gateway.stop('end of test'));
  let count = 0;
  const publish = (): void => {
    count += 1;
    // Sometimes more than a client that stalls is sent.
    const padding = `${count} `.repeat(count % 20 === 0 ? 12_000 : 10);
    events.publish('state_update', JSON.stringify({ market: { price: count }, logs: [`${count}`], padding }));
  };
  return { url, port, publish };
}

type Running = Awaited<ReturnType<typeof setUp>>;

/** Ways to leave, some of them before the WELCOME is read. */
const ways: readonly ((client: TestClient, gateway: Running) => void | Promise<void>)[] = [
  ({ socket }) => socket.close(),
  ({ socket }) => socket.terminate(),
  ({ socket }) => socket.send('x'.repeat(16 * 1024 + 1)),
  async (client) => {
    await client.nextOf('WELCOME');
    client.socket.close();
  },
  ({ socket }, { publish }) => {
    socket.pause();
    publish();
    socket.terminate();
  },
  async (client, { publish }) => {
    client.send({ type: 'SUBSCRIBE', mode: 'delta', sections: ['market'], interval: 100 });
    client.send({ type: 'RESYNC' });
    client.send({ type: 'RESYNC' });
    await client.nextOf('ACK');
    publish();
    client.socket.terminate();
  },
];

/** Sends a handshake and is gone. */
async function breakOff({ port }: Running, target: string): Promise<void> {
  const socket = connectTcp(port, '127.0.0.1');
  const closed = once(socket, 'close');
  await once(socket, 'connect');
  socket.write(handshake(target, { 'Sec-WebSocket-Extensions': 'permessage-deflate' }));
  socket.destroy();
  await closed;
}

/** Comes with some view and some terms of compression, or does not get that far, and goes in some way. */
async function comeAndGo(gateway: Running, number: number): Promise<void> {
  const { mode, encoding, interval, sections } = fanOutViews[number % fanOutViews.length] ?? fanOutViews[0];
  const perMessageDeflate = deflateTerms[number % deflateTerms.length] ?? true;
  const shown = sections === undefined ? '' : `&sections=${sections.join()}`;
  const target = `/?mode=${mode}&encoding=${encoding}&interval=${interval}${shown}`;
  const leave = ways[number % (ways.length + 2)];
  if (leave === undefined && number % 2 === 0) return breakOff(gateway, target);
  const url = `ws://127.0.0.1:${gateway.port}${target}`;
  if (leave === undefined) {
    await refusalOf(`${url}&symbol=none`, { perMessageDeflate });
    return;
  }
  const client = await connectClient(url, { perMessageDeflate });
  await leave(client, gateway);
  await client.closed;
}

describe(`${cycles} clients of all kinds that come and go in all ways`, () => {
  it('leave no socket, session, view or object behind', timeout, async (test) => {
    const gateway = await setUp(test);
    const atRest = (await readMetrics(gateway.url)).value('bff_renditions');
    const run = async (times: number): Promise<void> => {
      for (let number = 0; number < times; number += atOnce) {
        await Promise.all(Array.from({ length: atOnce }, (_, index) => comeAndGo(gateway, number + index)));
      }
    };
    const look = async () => {
      await waitFor('an empty gateway', async () => {
        const metrics = await readMetrics(gateway.url);
        return metrics.value('bff_clients') === 0 && metrics.value('bff_renditions') === atRest;
      });
      return { objects: takeCensus(), resources: resources(), bytes: process.memoryUsage().arrayBuffers };
    };
    /** What is more after many clients than before them. */
    const grown = async () => {
      const before = await look();
      await run(cycles);
      await waitFor('as few resources as before', () => resources() <= before.resources);
      const { objects, bytes } = await look();
      expect(objects).toMatchObject({ Session: 0, Following: 0, WebSocketTransport: 0 });
      const classes = Object.keys(objects).filter(
        (name) => (objects[name] ?? 0) - (before.objects[name] ?? 0) > allowance,
      );
      return [...classes, ...(bytes - before.bytes > maxBytes ? ['bytes'] : [])];
    };
    await run(200);
    const once = await grown();
    // Pools, such as Node's of HTTP parsers, have the size of the most that were ever in use at the same time, which on
    // a busy machine comes late. What is left behind by each client goes on growing.
    expect(once.length === 0 ? once : await grown()).toEqual([]);
  });
});

/** Handles and requests that this process has open. */
const resources = (): number => process.getActiveResourcesInfo().length;
