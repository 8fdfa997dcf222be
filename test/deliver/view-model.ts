import type { JsonObject } from '../../src/core/json.ts';
import { Channel, type Subscription } from '../../src/deliver/channel.ts';
import { Hub } from '../../src/deliver/hub.ts';
import type { Session } from '../../src/deliver/session.ts';
import { jsonEncoder, msgpackEncoder } from '../../src/encode/encoder.ts';
import type { Message } from '../../src/encode/message.ts';
import { createStateRendition, type PacketWords } from '../../src/encode/state-rendition.ts';
import { HistoryBudget, historyDefaults } from '../../src/feed/history.ts';
import { createProjection, type Projection } from '../../src/feed/projection.ts';
import { createStateFeed } from '../../src/feed/state-feed.ts';
import { createFakeTransport, type FakeTransport } from '../support/fake-transport.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createMemoryMeter } from '../support/memory-meter.ts';
import { PacketReader, readWebSocketFrame } from '../support/packet-reader.ts';
import { newSession } from '../support/session.ts';

/** How a client of the model sees the document. */
export interface ModelView {
  readonly mode: 'full' | 'delta';
  readonly encoding: 'json' | 'msgpack';
  readonly sections: readonly string[] | undefined;
  readonly interval: number;
}

export interface ModelClient {
  view: ModelView;
  projection: Projection;
  subscription: Subscription;
  readonly reader: PacketReader;
  readonly transport: FakeTransport;
  readonly session: Session;
}

/** What a fan-out may take, within which times of the same packet differ. */
const timingMs = 50;

const words: PacketWords = {
  full: (data, { seq }) => ({ type: 'TELEMETRY', seq, data }),
  delta: (delta, base, { seq }) => ({ type: 'DELTA', seq, base, ...delta }),
};

/** A feed, a hub and views of the feed, with clients whose every packet is read as it is sent. */
export function createViewModel(initial: JsonObject) {
  const manual = createManualClock();
  // Each packet takes 1 ms of the fan-out, so that a long one is cut into turns.
  let spentMs = 0;
  const clock = {
    now: () => manual.now() + spentMs,
    monotonic: () => manual.monotonic() + spentMs,
    after: (ms: number, task: () => void) => manual.after(ms + spentMs, task),
    every: manual.every,
  };
  const meter = createMemoryMeter();
  const turns: (() => void)[] = [];
  const hub = new Hub({ clock, meter, turnMs: 5, yieldTurn: (rest) => turns.push(rest) });
  const feed = createStateFeed({ initial, epoch: 'e', clock, budget: new HistoryBudget(historyDefaults) });
  const channels = new Map<string, { channel: Channel; projection: Projection }>();
  const clients: ModelClient[] = [];
  const faults: string[] = [];

  const channelOf = (view: ModelView) => {
    const key = JSON.stringify(view);
    const known = channels.get(key);
    if (known !== undefined) return known;
    const projection = createProjection(feed, {
      sections: view.sections,
      always: ['timestamp', 'status'],
      unremarkable: new Set(['timestamp']),
    });
    const encode = view.encoding === 'json' ? jsonEncoder : msgpackEncoder;
    const rendition = createStateRendition({
      dialect: 'test',
      projection,
      mode: view.mode,
      encode,
      words,
      clock,
      meter,
    });
    const channel = new Channel(rendition, { intervalMs: view.interval });
    hub.open(channel);
    const opened = { channel, projection };
    channels.set(key, opened);
    return opened;
  };

  const follow = (session: Session, view: ModelView) => {
    const { channel, projection } = channelOf(view);
    const encode = view.encoding === 'json' ? jsonEncoder : msgpackEncoder;
    const welcome = () => {
      const { position } = projection;
      const packet = { type: 'WELCOME', seq: position.seq, data: projection.of(feed.current) };
      return { type: 'WELCOME', message: encode(packet, position) };
    };
    return { projection, subscription: session.follow(channel, welcome) };
  };

  /** A transport whose client reads each frame at once, and times it. */
  const createReader = (intervalOf: () => number, reader: PacketReader) => {
    const inner = createFakeTransport();
    let sentAt = Number.NEGATIVE_INFINITY;
    let asked = false;
    const take = ({ plain }: Message): void => {
      spentMs += 1;
      reader.take(readWebSocketFrame(plain));
      const isGreeting = reader.types.at(-1) === 'WELCOME';
      const gap = clock.monotonic() - sentAt;
      const least = 0.9 * intervalOf() - timingMs;
      if (!isGreeting && !asked && gap < least) faults.push(`${gap} ms after the last, of ${intervalOf()}`);
      // A greeting may have waited for the client, and with it the update after it.
      sentAt = isGreeting ? Number.NEGATIVE_INFINITY : clock.monotonic();
    };
    const transport: FakeTransport = Object.assign(Object.create(inner), {
      offer(message: Message) {
        const bytes = inner.offer(message);
        if (bytes > 0) take(message);
        return bytes;
      },
    });
    return {
      transport,
      onRequest(request: () => void) {
        asked = true;
        request();
        asked = false;
      },
    };
  };

  const runTurns = (): void => {
    for (let rest = turns.shift(); rest !== undefined; rest = turns.shift()) rest();
  };
  const catchUp = (): void => {
    const spent = spentMs;
    spentMs = 0;
    manual.advance(spent);
  };

  return {
    feed,
    faults,
    clients: clients as readonly ModelClient[],
    commit(document: JsonObject) {
      feed.stage(document);
      feed.commit();
      catchUp();
    },
    join(view: ModelView) {
      let client: ModelClient | undefined;
      const reader = new PacketReader();
      const { transport, onRequest } = createReader(() => (client?.view ?? view).interval, reader);
      const session = newSession(
        { transport, clock, meter, hub },
        {
          receive: () =>
            onRequest(() => {
              if (client !== undefined) session.resync(client.subscription);
            }),
          ended() {
            if (client !== undefined) clients.splice(clients.indexOf(client), 1);
          },
        },
      );
      client = { view, reader, transport, session, ...follow(session, view) };
      clients.push(client);
    },
    /** What SUBSCRIBE does: the old view ends, and the new one begins with its whole state. */
    change(client: ModelClient, view: ModelView) {
      client.session.unfollow(client.subscription);
      client.view = view;
      Object.assign(client, follow(client.session, view));
    },
    advance(ms: number) {
      catchUp();
      manual.advance(ms);
    },
    turn: () => turns.shift()?.(),
    /** Lets everything happen that still may, with every client reading. */
    settle() {
      for (let round = 0; round < 4; round += 1) {
        runTurns();
        for (const { transport } of [...clients]) transport.drain();
        catchUp();
        manual.advance(1000);
      }
      runTurns();
    },
  };
}
