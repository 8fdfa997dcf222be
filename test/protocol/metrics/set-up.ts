import type { Principal } from '../../../src/access/principal.ts';
import type { JsonObject, JsonValue } from '../../../src/core/json.ts';
import { keepaliveDefaults } from '../../../src/deliver/keepalive.ts';
import { SnapshotMessages } from '../../../src/protocol/metrics/messages.ts';
import { metricsEndpoints } from '../../../src/protocol/metrics/metrics.ts';
import { Ranges } from '../../../src/protocol/metrics/ranges.ts';
import { MetricsViews } from '../../../src/protocol/metrics/views.ts';
import type { Engine } from '../../../src/source/engine.ts';
import { PollFailure } from '../../../src/source/poll-failure.ts';
import { viewing } from '../../support/access.ts';
import { createTestContext } from '../../support/context.ts';
import { serviceOf } from '../../support/conversation.ts';
import { anyone } from '../../support/principals.ts';
import { settled, type TestScope } from '../../support/wait.ts';

/** What a snapshot says beside its time; `total` tells one from another. */
export function figures(total: number, more: JsonObject = {}): JsonObject {
  return {
    overview: { tasks: { total, running: 1, completed: 2, failed: 3 }, costs: { total_cost: 1.5 } },
    sessions: { total_sessions: 4, total_tools: 5, tools_by_type: { Read: 5 } },
    activity: [],
    ...more,
  };
}

/** An engine that answers at once, unless it is held, with what the test has set. */
class TestEngine implements Pick<Engine, 'get'> {
  readonly requests: { readonly hours: string; readonly at: number; readonly lane: string | undefined }[] =
    [];
  snapshot: (hours: string) => JsonValue = () => figures(1);
  failure: PollFailure | undefined;
  /** Requests wait until `release`. */
  isHeld = false;
  readonly #now: () => number;
  readonly #waiting: (() => void)[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  async get(path: string, signal: AbortSignal, lane?: string): Promise<string> {
    const hours = new URLSearchParams(path.split('?')[1]).get('hours') ?? '';
    this.requests.push({ hours, at: this.#now(), lane });
    if (this.isHeld) {
      await new Promise<void>((resolve, reject) => {
        this.#waiting.push(resolve);
        signal.addEventListener('abort', () => reject(new PollFailure('timeout', 'late')));
      });
    }
    if (this.failure !== undefined) throw this.failure;
    const snapshot = this.snapshot(hours);
    return typeof snapshot === 'string' ? snapshot : JSON.stringify(snapshot);
  }

  release(): Promise<void> {
    this.isHeld = false;
    for (const answer of this.#waiting.splice(0)) answer();
    return settled();
  }

  fail(status = 500): void {
    this.failure = new PollFailure('status', `the engine failed to answer (HTTP ${status})`, { status });
  }

  /** Requests for the range so far. */
  count(hours: number): number {
    return this.requests.filter((one) => one.hours === `${hours}`).length;
  }
}

interface SetUpOptions {
  readonly maxViews?: number;
  readonly pollTimeoutMs?: number;
  readonly maxAgeMs?: number;
}

/** The dialect over transports that a test blocks and drains, at a time that it moves. */
export function setUpMetrics(
  test: TestScope,
  { maxViews = 500, pollTimeoutMs = 900, maxAgeMs }: SetUpOptions = {},
) {
  const context = createTestContext({ maxViews });
  const { clock, log, meter, sessions } = context;
  const engine = new TestEngine(() => clock.monotonic());
  const ranges = new Ranges(context.feeds, { ...context, engine, pollTimeoutMs, maxAgeMs });
  const messages = new SnapshotMessages(context);
  const views = new MetricsViews(ranges, context.views, messages);
  const endpoints = metricsEndpoints(viewing, { ranges, views, messages, clock });
  const keepalive = { ...keepaliveDefaults, silentAfterMs: Number.POSITIVE_INFINITY };
  const parts = { sessions, log, meter, keepalive };
  context.feeds.start();
  test.onTestFinished(() => ranges.close());

  return {
    ...context,
    ...{ engine, ranges, messages },
    /** Lets time pass, and each poll be answered as it comes. */
    async pass(ms: number): Promise<void> {
      await settled();
      for (let left = ms; left > 0; left -= 100) {
        clock.advance(Math.min(100, left));
        await settled();
      }
    },
    /** A Socket.IO client. */
    connect(principal: Principal = anyone) {
      const client = serviceOf(endpoints.events, 'metrics', parts).connect('', principal);
      return {
        ...client,
        events: () => eventsOf(client),
        emit: (type: string, payload?: JsonValue) =>
          client.say(payload === undefined ? { type } : { type, payload }),
        /** What it was sent since it was last asked. */
        news: newsOf(client),
      };
    },
    /** A client of Server-Sent Events. */
    stream(query = '', principal: Principal = anyone) {
      const client = serviceOf(endpoints.stream, 'metrics', parts).connect(query, principal);
      return { ...client, events: () => eventsOf(client), news: newsOf(client) };
    },
  };
}

/** An event: its name and its argument. */
type Event = readonly [type: string, data: JsonObject];
type Connected = ReturnType<ReturnType<typeof serviceOf>['connect']>;

function eventsOf({ transport, frames }: Connected): Event[] {
  const { types } = transport;
  return frames().map((data, index): Event => [types[index] ?? '', data]);
}

function newsOf(client: Connected): () => Event[] {
  let told = 0;
  return () => {
    const all = eventsOf(client);
    const news = all.slice(told);
    told = all.length;
    return news;
  };
}

/** Names of events, those of snapshots with the number that tells one from another. */
export function wordsOf(events: readonly Event[]): string[] {
  return events.map(([type, data]) => {
    const total: unknown = Object(Object(data.overview).tasks).total;
    return total === undefined ? type : `${type} ${String(total)}`;
  });
}
