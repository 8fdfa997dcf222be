import { FanOutCounts } from '../../src/deliver/fan-out-counts.ts';
import { Hub } from '../../src/deliver/hub.ts';
import { View } from '../../src/deliver/view.ts';
import { type Encoding, jsonEncoding, msgpackEncoding } from '../../src/encode/encoding.ts';
import type { Message } from '../../src/encode/message.ts';
import { type PacketWords, StateRendition } from '../../src/encode/state-rendition.ts';
import { HistoryBudget, historyDefaults } from '../../src/feed/history.ts';
import { type StateFeed, WritableStateFeed } from '../../src/feed/state-feed.ts';
import { telemetryProjection } from '../../src/protocol/telemetry/view/views.ts';
import { framesOf, windowByTerms } from '../../src/transport/frames.ts';
import type { DeltaPacket, TelemetryPacket } from '../../src/wire/packet.ts';
import { createManualClock, type ManualClock } from '../support/manual-clock.ts';
import { createMemoryMeter, type MemoryMeter } from '../support/memory-meter.ts';
import type { Bar, Figure } from './report.ts';
import { runBench } from './run-bench.ts';
import { chooseSimulator, type Simulate, type Variant } from './simulated-telemetry.ts';

// Bytes on the wire to one client of each view, WebSocket framing included, as feed, rendition and hub of the
// gateway make them: the full packet that it begins with (its keyframe), then whatever each tick brings it.

const ticks = 600;
const seed = 42;
const tickMs = 1000;

interface Wanted {
  readonly name: string;
  readonly mode: 'full' | 'delta';
  readonly encoding: Encoding;
  readonly sections?: readonly string[];
  /** Whether the client negotiated permessage-deflate. */
  readonly compressed?: boolean;
}

const baseline: Wanted = { name: 'full JSON', mode: 'full', encoding: jsonEncoding };
const market = { sections: ['market'] };
const deflated = { compressed: true };
const views: readonly Wanted[] = [
  { name: 'full JSON, deflate', mode: 'full', encoding: jsonEncoding, ...deflated },
  { name: 'full msgpack, deflate', mode: 'full', encoding: msgpackEncoding, ...deflated },
  { name: 'delta JSON, deflate', mode: 'delta', encoding: jsonEncoding, ...deflated },
  { name: 'delta msgpack, deflate', mode: 'delta', encoding: msgpackEncoding, ...deflated },
  { name: 'full msgpack', mode: 'full', encoding: msgpackEncoding },
  { name: 'delta JSON', mode: 'delta', encoding: jsonEncoding },
  { name: 'delta msgpack', mode: 'delta', encoding: msgpackEncoding },
  { name: 'sections=market, full JSON', mode: 'full', encoding: jsonEncoding, ...market },
  { name: 'sections=market, full msgpack', mode: 'full', encoding: msgpackEncoding, ...market },
  { name: 'sections=market, delta JSON', mode: 'delta', encoding: jsonEncoding, ...market },
  { name: 'sections=market, delta msgpack', mode: 'delta', encoding: msgpackEncoding, ...market },
];
const bars: Readonly<Record<Variant, Readonly<Record<string, Bar>>>> = {
  normal: {
    'delta JSON': { is: '≤', value: 25 },
    'delta msgpack': { is: '≤', value: 22 },
    'full JSON, deflate': { is: '≤', value: 6.5 },
    'delta JSON, deflate': { is: '≤', value: 8 },
  },
  quiet: { 'delta JSON': { is: '≤', value: 4.5 }, 'delta msgpack': { is: '≤', value: 4.5 } },
};

const words: PacketWords = {
  full: (data, { seq }) => ({ type: 'TELEMETRY', seq, data }) satisfies TelemetryPacket,
  delta: (delta, base, { seq }) => ({ type: 'DELTA', seq, base, ...delta }) satisfies DeltaPacket,
};

interface Traffic {
  bytes: number;
  packets: number;
}

/** The parts of a gateway that a packet goes through. */
interface Gateway {
  readonly feed: StateFeed;
  readonly hub: Hub;
  readonly clock: ManualClock;
  readonly meter: MemoryMeter;
}

/** One client that has the view and always keeps up. */
function join(
  { feed, hub, clock, meter }: Gateway,
  { name, mode, encoding, sections, compressed }: Wanted,
): Traffic {
  const projection = telemetryProjection(feed, sections);
  const rendition = new StateRendition({
    // What the hub counts by.
    dialect: name,
    projection,
    mode,
    encoding,
    words,
    clock,
    meter,
  });
  const view = new View(rendition);
  hub.open(view);
  const traffic: Traffic = { bytes: 0, packets: 0 };
  const window = compressed ? windowByTerms('permessage-deflate') : undefined;
  const offer = (message: Message): number => {
    const frames = framesOf(message);
    const { length } = window?.take(frames) ?? frames.plain;
    traffic.bytes += length;
    traffic.packets += 1;
    return length;
  };
  const follower = { blocked() {}, dropped() {}, leave() {}, resync() {} };
  const following = view.add({ resource: view, release() {} }, follower, { canTake: () => true, offer });
  view.sendWhole(following, clock.monotonic(), new FanOutCounts());
  return traffic;
}

function measure(simulate: Simulate, variant: Variant): readonly Figure[] {
  const [initial, ...later] = simulate(variant, ticks, seed);
  if (initial === undefined) throw new Error('the simulator gave no documents');
  const clock = createManualClock();
  const meter = createMemoryMeter();
  const budget = new HistoryBudget(historyDefaults);
  const feed = new WritableStateFeed({ initial, epoch: 'bench', clock, budget });
  // Never yields: each commit is delivered before it returns.
  const hub = new Hub({ clock, meter, turnMs: Number.POSITIVE_INFINITY });
  const gateway = { feed, hub, clock, meter };
  const full = join(gateway, baseline);
  const measured = views.map((view) => ({ view, traffic: join(gateway, view) }));
  for (const document of later) {
    clock.advance(tickMs);
    feed.stage(document);
    feed.commit();
  }
  if (full.packets !== ticks) throw new Error(`${full.packets} full packets in ${ticks} ticks`);

  return [{ view: baseline, traffic: full }, ...measured].map(({ view: { name }, traffic }): Figure => {
    const { bytes, packets } = traffic;
    const deltas = meter.value('bff_packets_total', { dialect: name, type: 'DELTA' });
    const bar = bars[variant][name];
    return {
      name: `${variant}: ${name}`,
      value: (bytes / full.bytes) * 100,
      unit: '%',
      ...(bar === undefined ? {} : { bar }),
      note: `${packets - deltas} full and ${deltas} delta packets, ${(bytes / packets).toFixed(1)} bytes each`,
    };
  });
}

await runBench('wire-bytes', async ({ say }) => {
  const { simulate, text } = await chooseSimulator();
  say(`${text}; ${ticks} ticks, seed ${seed}; all bytes of the run, those of full JSON being 100 %`);
  return [...measure(simulate, 'normal'), ...measure(simulate, 'quiet')];
});
