import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventRendition, type EventRenditionOptions } from '../../src/encode/event-rendition.ts';
import { EventFeed } from '../../src/feed/event-feed.ts';
import { createTestContext } from '../support/context.ts';
import { createFakeTransport } from '../support/fake-transport.ts';
import { leaseOf, newSession } from '../support/session.ts';

/** A feed of numbers, of which the newest ten are kept, and clients of one view of it. */
function setUp(options: Partial<EventRenditionOptions<number>> = {}) {
  const { clock, meter, hub, openView } = createTestContext();
  const feed = new EventFeed<number>({ epoch: 'life', capacity: 10 });
  const view = openView(
    new EventRendition<number>({
      ...{ dialect: 'test', feed, maxBehind: 10, beyond: 'oldest' },
      render: ([event]) => ({ type: `${event}` }),
      snapshot: () => ({ type: 'snapshot' }),
      ...options,
    }),
  );
  let last = 0;
  return {
    append(count: number) {
      for (let added = 0; added < count; added += 1) {
        last += 1;
        feed.append(last);
      }
    },
    /** @param since position of the last message that the client holds */
    connect(since?: string) {
      const transport = createFakeTransport();
      newSession({ transport, clock, meter, hub }).follow(leaseOf(view), undefined, since);
      return { transport, held: () => transport.messages.at(-1)?.position ?? since };
    },
  };
}

describe('A client of an event feed that comes back', () => {
  it('is sent what came after the message that it holds, and nothing twice', () => {
    const { append, connect } = setUp();
    const before = connect();
    append(3);
    const held = before.held();
    before.transport.end();
    append(2);
    const after = connect(held);
    append(1);
    expect(after.transport.types).toEqual(['4', '5', '6']);
  });

  it('goes on from the oldest that is kept where the ring has moved on, and is told how many it lost', () => {
    const { append, connect } = setUp({ tellDropped: (count) => ({ type: `lost ${count}` }) });
    const held = connect().held();
    append(25);
    expect(connect(held).transport.types).toEqual([
      'lost 15',
      ...Array.from({ length: 10 }, (_, index) => `${16 + index}`),
    ]);
  });

  it.each(['life-999', 'other-2', 'life-0', 'life', '', 'life--1'])(
    'begins anew with %j, which is no position of this feed',
    (since) => {
      const { append, connect } = setUp();
      append(2);
      expect(connect(since).transport.types).toEqual(['snapshot']);
    },
  );

  it('may hold a position that another view of the feed gave it', () => {
    const { append, connect } = setUp({ shows: (event) => event % 2 === 0 });
    append(5);
    // The feed's newest is 5, which this view does not show.
    const back = connect('life-6');
    append(1);
    expect(back.transport.types).toEqual(['6']);
  });

  it('misses nothing, wherever it left, as long as the ring holds it', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(10), { maxLength: 20 }), (absences) => {
        const { append, connect } = setUp();
        const seen: string[] = [];
        let { transport, held } = connect();
        for (const absence of absences) {
          append(2);
          const since = held();
          seen.push(...transport.types);
          transport.end();
          append(absence);
          ({ transport, held } = connect(since));
        }
        seen.push(...transport.types);
        const total = absences.reduce((sum, absence) => sum + absence + 2, 0);
        const numbers = seen.filter((type) => type !== 'snapshot').map(Number);
        expect(numbers).toEqual(Array.from({ length: total }, (_, index) => index + 1));
      }),
    );
  });
});
