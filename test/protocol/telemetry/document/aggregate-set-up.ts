import type { JsonObject, JsonValue } from '../../../../src/core/json.ts';
import { parseUntrusted } from '../../../../src/core/untrusted-json.ts';
import { WritableStateFeed } from '../../../../src/feed/state-feed.ts';
import { Aggregate } from '../../../../src/protocol/telemetry/document/aggregate.ts';
import { StateEventIntake } from '../../../../src/protocol/telemetry/document/event-intake.ts';
import type { Normalised } from '../../../../src/protocol/telemetry/document/normalise.ts';
import {
  type EngineSource,
  engineSources,
  Ownership,
} from '../../../../src/protocol/telemetry/document/ownership.ts';
import { initialDocument } from '../../../../src/protocol/telemetry/document/shape.ts';
import { createTestContext } from '../../../support/context.ts';

/** An aggregate as a gateway has it, fed by hand: what polls and events bring, as the text they come as. */
export function setUpAggregate(further: readonly EngineSource[] = []) {
  const { clock, log, meter, budget } = createTestContext();
  const feed = new WritableStateFeed({
    initial: initialDocument(clock.now()),
    epoch: 'e',
    clock,
    budget,
  });
  const ownership = new Ownership([...engineSources, ...further]);
  const aggregate = new Aggregate(feed, undefined, { ownership, clock, log, meter });
  const intake = new StateEventIntake({ clock, log, meter });

  const read = (name: string, body: JsonValue | string): Normalised => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const parsed = parseUntrusted(text, { nonFinite: 'null', exactIntegers: true });
    if (!parsed.ok) throw new Error(parsed.reason);
    return aggregate.readAnswer(name, parsed.value);
  };
  return {
    clock,
    log,
    meter,
    feed,
    read,
    /** A poll that was started now is answered later, by what this returns. */
    start(name = 'state') {
      const startedAt = clock.monotonic();
      return (body: JsonValue | string): void => aggregate.applyAnswer(name, read(name, body), startedAt);
    },
    /** A poll that starts and is answered now, a moment after whatever came before. */
    poll(body: JsonValue | string, name = 'state'): void {
      clock.advance(10);
      aggregate.applyAnswer(name, read(name, body), clock.monotonic());
    },
    event(body: JsonValue | string): boolean {
      clock.advance(10);
      const message = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
      const event = intake.read(message);
      return (
        event !== undefined && aggregate.applyEvent(event, clock.monotonic(), message.length) !== undefined
      );
    },
    get document(): JsonObject {
      return feed.pending;
    },
    section(key: string): JsonValue | undefined {
      return feed.pending[key];
    },
    refused: (reason: string, edge = 'event'): number => meter.value('bff_rejected_total', { edge, reason }),
    notes: (source = 'state') => aggregate.notesOf(source),
    arbitrated: (): number => meter.value('bff_arbitrated_total'),
  };
}

export const second = (count: number): string => new Date(Date.UTC(2026, 5, 1, 12, 0, count)).toISOString();

/** A whole state, as the page of the protocol shows one. */
export const state = {
  timestamp: second(0),
  status: 'ACTIVE',
  market: {
    symbol: 'SPY',
    price: 450.32,
    alpha: 2.8,
    regime: 'Lévy Stable',
    velocity: 0.0012,
    acceleration: 0,
  },
  portfolio: { nav: 105_234.56, cash: 85_000, daily_pnl: 1234.56, max_drawdown: -0.05 },
  signal: { side: 'BUY', confidence: 0.85, reasoning: 'Momentum' },
  governance: { approved_size: 0.15 },
  logs: [{ level: 'INFO', message: 'Gaussian regime confirmed', timestamp: second(-2) }],
} satisfies JsonObject;

const { timestamp: _, ...withoutTime } = state;
export const undated = withoutTime;

/** A whole state with this price; without a time where none is given. */
export const priced = (price: number, timestamp?: string): JsonObject => ({
  ...undated,
  market: { ...state.market, price },
  ...(timestamp === undefined ? {} : { timestamp }),
});

/** An aggregate that was polled once. */
export function setUpPolled() {
  const subject = setUpAggregate();
  subject.poll(state);
  return Object.assign(subject, {
    price: () => (subject.section('market') as JsonObject).price,
  });
}
