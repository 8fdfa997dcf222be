import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Hub } from '../../src/deliver/hub.ts';
import { View } from '../../src/deliver/view.ts';
import type { Urgency } from '../../src/encode/rendition.ts';
import { createTestContext } from '../support/context.ts';
import { createFakeRendition } from '../support/fake-rendition.ts';
import { createFakeTransport, type FakeTransport } from '../support/fake-transport.ts';
import { textMessage } from '../support/messages.ts';
import { leaseOf, newSession } from '../support/session.ts';

/** What may happen to a hub between two turns of a fan-out. */
type Step =
  | { readonly do: 'publish'; readonly urgencies: readonly Urgency[] }
  | { readonly do: 'turn' }
  | { readonly do: 'standStill' | 'goOn' }
  | { readonly do: 'join'; readonly count: number }
  | { readonly do: 'leave'; readonly which: number; readonly count: number }
  | { readonly do: 'block' | 'drain'; readonly which: number };

const which = fc.nat({ max: 500 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constantFrom<Step>({ do: 'publish', urgencies: [] }, { do: 'turn' }),
  fc.constantFrom<Step>({ do: 'standStill' }, { do: 'goOn' }),
  fc.record({
    do: fc.constant('publish' as const),
    urgencies: fc.constantFrom<readonly Urgency[]>(['now'], ['limited'], ['now', 'limited']),
  }),
  fc.record({ do: fc.constant('join' as const), count: fc.integer({ min: 1, max: 90 }) }),
  fc.record({ do: fc.constant('leave' as const), which, count: fc.integer({ min: 1, max: 60 }) }),
  fc.record({ do: fc.constantFrom('block' as const, 'drain' as const), which }),
);

/** A hub that yields after each batch, with real sessions over transports that a test blocks and drains. */
function createModel(intervalMs = 0) {
  const { clock, meter } = createTestContext();
  const turns: (() => void)[] = [];
  // Time passes with each look at the clock, so that every turn is over after one batch.
  const passing = {
    ...clock,
    monotonic() {
      clock.advance(3);
      return clock.monotonic();
    },
  };
  const hub = new Hub({ clock: passing, meter, turnMs: 5, yieldTurn: (rest) => turns.push(rest) });
  const rendition = createFakeRendition();
  const view = new View(rendition, { intervalMs });
  /** What was urgent, and whether it could not wait at all. */
  const urgent: { readonly seq: number; readonly isNow: boolean }[] = [];
  hub.open(view);
  const goOns: (() => void)[] = [];
  const live: FakeTransport[] = [];
  const all: FakeTransport[] = [];

  const join = (): void => {
    const transport = createFakeTransport();
    const session = newSession({
      ...{ transport, clock, meter, hub },
      onEnd: () => live.splice(live.indexOf(transport), 1),
    });
    all.push(transport);
    live.push(transport);
    session.follow(leaseOf(view), () => textMessage(`${rendition.seq}`, { type: 'WELCOME' }));
  };
  const apply = (next: Step): void => {
    switch (next.do) {
      case 'publish':
        rendition.publish(...next.urgencies);
        if (next.urgencies.length > 0)
          urgent.push({ seq: rendition.seq, isNow: next.urgencies.includes('now') });
        break;
      case 'turn':
        turns.shift()?.();
        break;
      case 'standStill':
        goOns.push(hub.standStill());
        break;
      case 'goOn':
        goOns.shift()?.();
        break;
      case 'join':
        for (let count = 0; count < next.count; count += 1) join();
        break;
      case 'leave': {
        const at = next.which % Math.max(1, live.length);
        for (const transport of live.slice(at, at + next.count)) transport.end();
        break;
      }
      case 'block':
        live[next.which % Math.max(1, live.length)]?.block();
        break;
      case 'drain':
        live[next.which % Math.max(1, live.length)]?.drain();
        break;
    }
  };
  const settle = (): void => {
    for (const goOn of goOns.splice(0)) goOn();
    for (let rest = turns.shift(); rest !== undefined; rest = turns.shift()) rest();
    for (const transport of [...live]) transport.drain();
  };
  return { apply, settle, clock, rendition, view, urgent, live, all };
}

const rising = (sent: readonly string[]): boolean =>
  sent.every((seq, index) => index === 0 || Number(seq) > Number(sent[index - 1]));

describe('Hub with sessions that come, go and stall during a fan-out', () => {
  it('never repeats an update, never goes back and leaves nobody behind', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const model = createModel();
        model.apply({ do: 'join', count: 130 });
        for (const next of steps) model.apply(next);
        model.settle();
        expect(model.all.every(({ sent }) => rising(sent))).toBe(true);
        expect(model.live.every(({ sent }) => sent.at(-1) === `${model.rendition.seq}`)).toBe(true);
        expect(model.view.size).toBe(model.live.length);
      }),
      { numRuns: 150 },
    );
  });

  it('brings each what is urgent, and nothing else, where there are no slots', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const model = createModel(Number.POSITIVE_INFINITY);
        model.apply({ do: 'join', count: 130 });
        for (const next of steps) model.apply(next);
        model.settle();
        const { urgent } = model;
        const newest = (isWanted: (one: (typeof urgent)[number]) => boolean): number =>
          Math.max(1, ...urgent.filter(isWanted).map(({ seq }) => seq));
        const held = (sent: readonly string[]): number => Number(sent.at(-1));
        expect(model.live.every(({ sent }) => held(sent) >= newest(({ isNow }) => isNow))).toBe(true);
        model.clock.advance(1000);
        model.settle();
        expect(model.live.every(({ sent }) => held(sent) >= newest(() => true))).toBe(true);
        const isNeeded = (from: string | undefined, to: string): boolean =>
          from === undefined || urgent.some(({ seq }) => seq > Number(from) && seq <= Number(to));
        expect(
          model.all.every(({ sent }) => sent.every((seq, index) => isNeeded(sent[index - 1], seq))),
        ).toBe(true);
      }),
      { numRuns: 150 },
    );
  });
});
