import { describe, expect, it } from 'vitest';
import { Hub, hubDefaults } from '../../src/deliver/hub.ts';
import { View } from '../../src/deliver/view.ts';
import { createTestContext } from '../support/context.ts';
import { createFakeRendition } from '../support/fake-rendition.ts';
import { createFakeTransport } from '../support/fake-transport.ts';
import { textMessage } from '../support/messages.ts';
import { leaseOf, newSession } from '../support/session.ts';

/** Clients that are sent updates every 10 s, at full tens, but for what is urgent. */
function setUp({ intervalMs = 10_000, deltas = false, lookMs = 0 } = {}) {
  const { clock, meter } = createTestContext();
  const turns: (() => void)[] = [];
  // Where time passes with each look at the clock, a turn is over after one batch.
  const passing = {
    ...clock,
    monotonic() {
      clock.advance(lookMs);
      return clock.monotonic();
    },
  };
  const hub = new Hub({ clock: passing, meter, ...hubDefaults, yieldTurn: (rest) => turns.push(rest) });
  const rendition = createFakeRendition({ deltas });
  const view = new View(rendition, { intervalMs });
  hub.open(view);
  const join = () => {
    const transport = createFakeTransport();
    const session = newSession({ transport, clock, meter, hub });
    const following = session.follow(leaseOf(view), () => textMessage('welcome'));
    return { transport, session, sent: transport.sent, resync: () => following.resync() };
  };
  return { clock, rendition, join, turns };
}

describe('Urgent news', () => {
  it('goes out at once, and the next slot still brings figures', () => {
    const { clock, rendition, join } = setUp();
    clock.advance(1000);
    const { sent } = join();
    clock.advance(7000);
    rendition.publish();
    expect(sent).toEqual(['welcome']);
    rendition.publish('now');
    expect(sent).toEqual(['welcome', '3']);
    rendition.publish();
    clock.advance(2000);
    expect(sent).toEqual(['welcome', '3', '4']);
    rendition.publish();
    clock.advance(9999);
    expect(sent).toHaveLength(3);
    clock.advance(1);
    expect(sent).toEqual(['welcome', '3', '4', '5']);
  });

  it('goes out as often as it comes', () => {
    const { clock, rendition, join } = setUp();
    const { sent } = join();
    for (let count = 0; count < 4; count += 1) {
      rendition.publish('now');
      clock.advance(10);
    }
    expect(sent).toEqual(['welcome', '2', '3', '4', '5']);
  });

  it('goes out, where it is limited, at once and then at the end of each second', () => {
    const { clock, rendition, join } = setUp();
    const { sent } = join();
    for (let count = 0; count < 15; count += 1) {
      rendition.publish('limited');
      clock.advance(100);
    }
    expect(sent).toEqual(['welcome', '2', '11']);
    clock.advance(500);
    expect(sent).toEqual(['welcome', '2', '11', '16']);
  });

  it('brings figures along, but has none go out with what only waited', () => {
    const { clock, rendition, join } = setUp();
    const { sent } = join();
    rendition.publish('limited');
    rendition.publish('limited');
    const late = join();
    rendition.publish();
    clock.advance(1000);
    expect(sent).toEqual(['welcome', '2', '4']);
    // It has been greeted with what waited.
    expect(late.sent).toEqual(['welcome']);
    clock.advance(9000);
    expect(late.sent).toEqual(['welcome', '4']);
  });

  it('reaches a client that could not be sent it as soon as it can be, and not at a slot', () => {
    const { clock, rendition, join } = setUp();
    const { transport, sent } = join();
    rendition.publish();
    clock.advance(10_000);
    transport.block();
    clock.advance(1000);
    rendition.publish('now');
    rendition.publish();
    clock.advance(1000);
    transport.drain();
    expect(sent).toEqual(['welcome', '2', '4']);
    rendition.publish();
    clock.advance(8000);
    expect(sent).toEqual(['welcome', '2', '4', '5']);
  });

  it('goes as a delta to who holds its base, and the whole to others', () => {
    const { clock, rendition, join } = setUp({ deltas: true });
    const steady = join();
    rendition.publish();
    clock.advance(10_000);
    const late = join();
    rendition.publish();
    const later = join();
    rendition.publish('now');
    expect([steady.sent, late.sent, later.sent]).toEqual([
      ['welcome', '1>2', '2>4'],
      ['welcome', '2>4'],
      ['welcome', '4'],
    ]);
  });

  it('that comes within a fan-out is sent once, in the next, to those who were not due in the first', () => {
    const { rendition, join, turns } = setUp({ lookMs: 1 });
    const clients = Array.from({ length: 130 }, join);
    rendition.publish('now');
    turns.shift()?.();
    rendition.publish('now');
    for (let rest = turns.shift(); rest !== undefined; rest = turns.shift()) rest();
    const all = clients.map(({ sent }) => sent.join());
    expect(new Set(all)).toEqual(new Set(['welcome,2,3', 'welcome,3']));
  });
});

describe('A slot of an interval', () => {
  it('that a client could not be sent at is made up for as soon as it can be, at the interval from then on', () => {
    const { clock, rendition, join } = setUp();
    const { transport, sent } = join();
    transport.block();
    rendition.publish();
    clock.advance(17_000);
    transport.drain();
    expect(sent).toEqual(['welcome', '2']);
    rendition.publish();
    clock.advance(12_999);
    expect(sent).toEqual(['welcome', '2']);
    clock.advance(1);
    expect(sent).toEqual(['welcome', '2', '3']);
  });

  it('is waited for by news that came since the last, also where the client can be sent to only now', () => {
    const { clock, rendition, join } = setUp();
    const { transport, session, sent } = join();
    rendition.publish();
    clock.advance(39_000);
    transport.block();
    session.answer(textMessage('answer'));
    rendition.publish();
    transport.drain();
    expect(sent).toEqual(['welcome', '2', 'answer']);
    clock.advance(1000);
    expect(sent).toEqual(['welcome', '2', 'answer', '3']);
  });

  it('is not moved by what a client asked for, which is sent as soon as it can be', () => {
    const { clock, rendition, join } = setUp();
    const { transport, sent, resync } = join();
    rendition.publish();
    clock.advance(12_000);
    transport.block();
    resync();
    transport.drain();
    expect(sent).toEqual(['welcome', '2', '2']);
    rendition.publish();
    clock.advance(8000);
    expect(sent).toEqual(['welcome', '2', '2', '3']);
  });

  it('there is none where only urgent news is wanted', () => {
    const { clock, rendition, join } = setUp({ intervalMs: Number.POSITIVE_INFINITY });
    const { transport, sent, resync } = join();
    rendition.publish();
    clock.advance(3_600_000);
    expect(sent).toEqual(['welcome']);
    rendition.publish('limited');
    expect(sent).toEqual(['welcome', '3']);
    transport.block();
    rendition.publish('now');
    rendition.publish();
    transport.drain();
    expect(sent).toEqual(['welcome', '3', '5']);
    resync();
    expect(sent).toEqual(['welcome', '3', '5', '5']);
  });
});
