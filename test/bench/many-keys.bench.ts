import { createServer } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { MemoryEvents } from '../../src/source/events.ts';
import { startGateway } from '../support/gateway.ts';
import type { Resource } from '../support/wait.ts';
import { pause } from './monotonic.ts';
import { RawClient } from './raw-client.ts';
import type { Bar, Figure } from './report.ts';
import { type BenchContext, runBench } from './run-bench.ts';

// How long the event loop stands still for inputs of a great many keys, which are refused, and for the largest that
// are taken. Gateway and engine are in this process: what the engine says is made before.
//
//   npm run bench -- many-keys [--only 'a state']

const { values: args } = parseArgs({ options: { only: { type: 'string', default: '' } } });
const sceneMs = 4000;
/** Where the machine itself stands still for up to half of it. */
const refused: Bar = { is: '≤', value: 100 };
const taken: Bar = { is: '≤', value: 500 };
const mebibyte = 1024 * 1024;

const keys = (count: number, from = 0): string =>
  Array.from({ length: count }, (_, index) => `"key${from + index}":${index}`).join(',');
const state = (count: number): string => `{"status":"ACTIVE","market":{"symbol":"SPY"},${keys(count)}}`;

/** An engine that answers each request for its state with what it was given. */
async function startEngine(): Promise<Resource & { readonly url: string; answer: string }> {
  const engine = { answer: state(1), url: '', stop: () => {} };
  const server = createServer(({ url = '' }, response) => {
    const isState = url.startsWith('/api/system/state/current');
    response.writeHead(200, { 'content-type': 'application/json' }).end(isState ? engine.answer : '{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  engine.url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  engine.stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return engine;
}

interface Scene {
  readonly name: string;
  readonly bar: Bar;
  /** What the engine says of its state meanwhile. Default: little. */
  readonly answer?: string;
  /** Published at these distances, one after the other, over and over. */
  readonly events?: { readonly channel: string; readonly texts: readonly string[]; readonly everyMs: number };
}

const flood = (name: string, channel: string, text: string, everyMs = 10): Scene => ({
  name: `${name}, ${1000 / everyMs} a second`,
  bar: refused,
  events: { channel, texts: [text], everyMs },
});
const oneMebibyte = (before: string, piece: string, after: string): string =>
  before + piece.repeat(Math.floor((mebibyte - before.length - after.length) / piece.length)) + after;

const scenes: readonly Scene[] = [
  { name: 'nothing of all this', bar: refused },
  { name: 'a state of 100,000 keys', bar: refused, answer: state(100_000) },
  { name: 'a state of 19,000 keys', bar: taken, answer: state(19_000) },
  {
    name: 'events of 20,000 new keys',
    bar: refused,
    events: {
      channel: 'state_update',
      texts: [0, 1, 2, 3, 4].map((part) => `{"more":{${keys(20_000, part * 20_000)}}}`),
      everyMs: 500,
    },
  },
  {
    name: 'events of 4,900 new keys',
    bar: taken,
    events: {
      channel: 'state_update',
      texts: Array.from({ length: 40 }, (_, part) => `{"more":{${keys(4900, part * 4900)}}}`),
      everyMs: 100,
    },
  },
  flood('1 MB of keys, state', 'state_update', oneMebibyte('{"a":[', '0,', '0]}')),
  flood('1 MB that is no JSON, state', 'state_update', oneMebibyte('{"a":"', '\\"b', '')),
  flood('1 MB with a forbidden key, state', 'state_update', oneMebibyte('{"a":"', 'x', '","constructor":1}')),
  flood('1 MB of keys, messages', 'message_events', oneMebibyte('{"a":[', '0,', '0]}')),
  flood('1 MB of no message', 'message_events', oneMebibyte('{"a":"', 'x', '"}')),
  flood('64 KiB of keys, diagnostics', 'diagnostics:log', `{"a":[${'0,'.repeat(32_000)}0]}`, 2),
];

async function play(context: BenchContext, scene: Scene): Promise<Figure> {
  const engine = await startEngine();
  const events: MemoryEvents = new MemoryEvents();
  const gateway = await startGateway({ events, engine: false, settings: { ENGINE_URL: engine.url } });
  const client = new RawClient(gateway.port, { onPacket: () => {}, onEnd: () => {} }, '/ws/stream');
  const messages = new RawClient(gateway.port, { onPacket: () => {}, onEnd: () => {} }, '/ws/messages');
  await pause(1000);
  engine.answer = scene.answer ?? engine.answer;
  const delay = monitorEventLoopDelay({ resolution: 2 });
  delay.enable();
  let published = 0;
  const { channel = '', texts = [], everyMs = 1000 } = scene.events ?? {};
  const timer = setInterval(() => {
    const text = texts[published % texts.length];
    if (text !== undefined) events.publish(channel, text);
    published += 1;
  }, everyMs);
  await pause(sceneMs);
  clearInterval(timer);
  delay.disable();
  context.say(`${scene.name}: ${(delay.max / 1e6).toFixed(0)} ms`);
  client.stop();
  messages.stop();
  await gateway.stop();
  await engine.stop();
  return {
    name: scene.name,
    value: delay.max / 1e6,
    unit: 'ms',
    bar: scene.bar,
    note: `p50 ${(delay.percentile(50) / 1e6).toFixed(1)} ms; ${published} times`,
  };
}

await runBench('many-keys', async (context) => {
  context.say(`longest stand-still of the event loop, ${sceneMs / 1000} s each`);
  const figures: Figure[] = [];
  for (const scene of scenes.filter(({ name }) => name.includes(args.only)))
    figures.push(await play(context, scene));
  return figures;
});
