import type { JsonObject } from '../../src/core/json.ts';
import { Hub } from '../../src/deliver/hub.ts';
import type { Session } from '../../src/deliver/session.ts';
import { type Following, View } from '../../src/deliver/view.ts';
import { jsonEncoding, msgpackEncoding } from '../../src/encode/encoding.ts';
import { Message } from '../../src/encode/message.ts';
import type { Urgency } from '../../src/encode/rendition.ts';
import { type PacketWords, StateRendition, type UrgencyOf } from '../../src/encode/state-rendition.ts';
import { Projection } from '../../src/feed/projection.ts';
import { createFakeTransport, type FakeTransport } from '../support/fake-transport.ts';
import { newStateFeed } from '../support/feeds.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createMemoryMeter } from '../support/memory-meter.ts';
import { PacketReader, readMessage } from '../support/packet-reader.ts';
import { leaseOf, newSession } from '../support/session.ts';

/** How a client of the model sees the document. */
export interface ModelView {
  readonly mode: 'full' | 'delta';
  readonly encoding: 'json' | 'msgpack';
  readonly sections: readonly string[] | undefined;
  /** Infinity: urgent news only. */
  readonly interval: number;
}

export interface ModelClient {
  view: ModelView;
  projection: Projection;
  following: Following;
  readonly reader: PacketReader;
  readonly transport: FakeTransport;
  readonly session: Session;
  /** It reads nothing at present. */
  blocked: boolean;
  /** It has never stopped reading, so that nothing has moved it off the slots of its interval. */
  steady: boolean;
  /** The next packet is sent for its own sake: a greeting, or what it asked for. */
  owed: boolean;
}

/** What a fan-out may take, within which times of the same packet differ. */
const timingMs = 50;
/** How long a change of the sources may take, where there was one just before. */
const limitedMs = 1000;

const words: PacketWords = {
  full: (data, { seq }) => ({ type: 'TELEMETRY', seq, data }),
  delta: (delta, base, { seq }) => ({ type: 'DELTA', seq, base, ...delta }),
};

const urgencyOf: UrgencyOf = (document, previous) => [
  ...(document.status === previous.status ? [] : (['now'] as const)),
  ...(document.sources === previous.sources ? [] : (['limited'] as const)),
];

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
  const feed = newStateFeed(initial, { clock });
  const opened = new Map<string, { view: View; projection: Projection }>();
  const clients: ModelClient[] = [];
  const faults: string[] = [];
  const ledger = new Ledger();
  feed.onVersion((version, previous) =>
    ledger.note(version.seq, urgencyOf(version.document, previous.document), clock.monotonic()),
  );

  const encodingOf = ({ encoding }: ModelView) => (encoding === 'json' ? jsonEncoding : msgpackEncoding);
  const open = (wanted: ModelView) => {
    const key = JSON.stringify(wanted);
    const known = opened.get(key);
    if (known !== undefined) return known;
    const projection = new Projection(feed, wanted.sections, {
      always: ['timestamp', 'status', 'sources'],
      unremarkable: ['timestamp'],
    });
    const rendition = new StateRendition({
      dialect: 'test',
      projection,
      mode: wanted.mode,
      encoding: encodingOf(wanted),
      words,
      urgencyOf,
      clock,
      meter,
    });
    const view = new View(rendition, { intervalMs: wanted.interval });
    hub.open(view);
    opened.set(key, { view, projection });
    return { view, projection };
  };

  const follow = (session: Session, wanted: ModelView) => {
    const { view, projection } = open(wanted);
    const welcome = () => {
      const { seq } = projection.position;
      return new Message(
        { type: 'WELCOME', ...{ seq, data: projection.of(feed.current) } },
        encodingOf(wanted),
      );
    };
    return { projection, following: session.follow(leaseOf(view), welcome) };
  };

  /** A transport whose client reads each message at once, and times it. */
  const createReader = (clientOf: () => ModelClient | undefined, reader: PacketReader, interval: number) => {
    const inner = createFakeTransport();
    let spacedAt = Number.NEGATIVE_INFINITY;
    let seen: ModelView | undefined;
    const take = (message: Message): void => {
      spentMs += 1;
      const { seq: held } = reader;
      reader.take(readMessage(message));
      const client = clientOf();
      const isAsked = client?.owed ?? true;
      if (client !== undefined) client.owed = false;
      // Another view has slots of its own.
      if (client?.view !== seen) spacedAt = Number.NEGATIVE_INFINITY;
      seen = client?.view;
      // Neither is told from the others by its distance, nor are others by the distance from it.
      if (isAsked || ledger.hasUrgent(held, reader.seq)) return;
      const now = clock.monotonic();
      const intervalMs = client?.view.interval ?? interval;
      const gap = now - spacedAt;
      if (gap < 0.9 * intervalMs - timingMs) faults.push(`${gap} ms after the last, of ${intervalMs}`);
      if (intervalMs === Number.POSITIVE_INFINITY) faults.push(`${reader.seq} is not urgent`);
      spacedAt = now;
    };
    const transport: FakeTransport = Object.assign(Object.create(inner), {
      offer(message: Message) {
        const bytes = inner.offer(message);
        if (bytes > 0) take(message);
        return bytes;
      },
    });
    return transport;
  };

  /** Who can be sent to holds what is urgent, and figures an interval later, wherever no fan-out is under way. */
  const check = (): void => {
    if (turns.length > 0) return;
    const now = clock.monotonic() - timingMs;
    const due = ledger.dueAt(now);
    for (const { blocked, steady, reader, view } of clients) {
      const { seq } = reader;
      if (!blocked && seq < due) faults.push(`holds ${seq}, ${due} is urgent: ${view.interval}`);
      // Of a narrowed view not every version is one.
      const figures = view.sections === undefined && steady ? ledger.newestAt(now - view.interval) : 0;
      if (seq < figures) faults.push(`holds ${seq}, ${figures} is older than ${view.interval}`);
    }
  };

  const runTurns = (): void => {
    for (let rest = turns.shift(); rest !== undefined; rest = turns.shift()) rest();
  };
  const drain = (client: ModelClient): void => {
    client.blocked = false;
    client.transport.drain();
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
      const transport = createReader(() => client, reader, view.interval);
      const session = newSession(
        { transport, clock, meter, hub },
        {
          receive() {
            if (client === undefined) return;
            client.owed = true;
            client.following.resync();
          },
          ended() {
            if (client !== undefined) clients.splice(clients.indexOf(client), 1);
          },
        },
      );
      client = {
        view,
        reader,
        transport,
        session,
        ...follow(session, view),
        blocked: false,
        steady: true,
        owed: false,
      };
      clients.push(client);
    },
    /** What SUBSCRIBE does: the old view ends, and the new one begins with its whole state. */
    change(client: ModelClient, view: ModelView) {
      client.following.leave();
      client.view = view;
      client.owed = true;
      Object.assign(client, follow(client.session, view));
    },
    advance(ms: number) {
      catchUp();
      manual.advance(ms);
    },
    turn: () => turns.shift()?.(),
    block(client: ModelClient) {
      client.blocked = true;
      client.steady = false;
      client.transport.block();
    },
    drain,
    check,
    /** What is urgent in the document, as far as it must have been sent by now. */
    urgentSeq: () => ledger.dueAt(clock.monotonic() - timingMs),
    /** Lets everything happen that still may, with every client reading. */
    settle() {
      for (let round = 0; round < 4; round += 1) {
        runTurns();
        for (const client of [...clients]) drain(client);
        catchUp();
        manual.advance(2500);
      }
      runTurns();
    },
  };
}

/** Which versions there are, which of them are urgent, and when they were made. */
class Ledger {
  readonly #all: { readonly seq: number; readonly at: number }[] = [];
  readonly #urgent: { readonly seq: number; readonly dueAt: number }[] = [];

  note(seq: number, urgencies: readonly Urgency[], now: number): void {
    this.#all.push({ seq, at: now });
    if (urgencies.length > 0)
      this.#urgent.push({ seq, dueAt: urgencies.includes('now') ? now : now + limitedMs });
  }

  /** Whether one of them lies after `held`, and not after `seq`. */
  hasUrgent(held: number, seq: number): boolean {
    return this.#urgent.some((urgent) => urgent.seq > held && urgent.seq <= seq);
  }

  newestAt(now: number): number {
    return this.#all.findLast(({ at }) => at <= now)?.seq ?? 0;
  }

  /** The newest that everybody must have been sent by then. */
  dueAt(now: number): number {
    return Math.max(0, ...this.#urgent.filter(({ dueAt }) => dueAt <= now).map(({ seq }) => seq));
  }
}
