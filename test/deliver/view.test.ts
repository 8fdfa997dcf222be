import { describe, expect, it } from 'vitest';
import { FanOutCounts } from '../../src/deliver/fan-out-counts.ts';
import type { Pace } from '../../src/deliver/pace.ts';
import { EventRendition } from '../../src/encode/event-rendition.ts';
import { EventFeed } from '../../src/feed/event-feed.ts';
import { createTestContext } from '../support/context.ts';
import { createFakeRendition } from '../support/fake-rendition.ts';
import { createFakeTransport } from '../support/fake-transport.ts';
import { textMessage } from '../support/messages.ts';
import { createOutlet } from '../support/outlet.ts';
import { leaseOf, newSession } from '../support/session.ts';

function setUp(options: Pace & { readonly deltas?: boolean } = {}) {
  const { clock, meter, hub, openView } = createTestContext();
  const rendition = createFakeRendition(options);
  const view = openView(rendition, options);
  /** Joins at the newest version, and keeps what it is sent. */
  const join = (writable = () => true) => {
    const received: string[] = [];
    const outlet = createOutlet((text) => writable() && received.push(text) > 0);
    const following = view.add(leaseOf(view), outlet, outlet);
    view.sendWhole(following, clock.monotonic(), new FanOutCounts());
    received.length = 0;
    return { received, following };
  };
  return { clock, meter, hub, rendition, view, join };
}

describe('View with deltas', () => {
  it('gives a delta to those who hold its base and the whole to all others', () => {
    const { rendition, join } = setUp({ deltas: true });
    let reads = false;
    const [steady, slow] = [join(), join(() => reads)];
    rendition.publish();
    reads = true;
    const joiner = join();
    rendition.publish();
    rendition.publish();
    expect(steady.received).toEqual(['1>2', '2>3', '3>4']);
    expect(slow.received).toEqual(['3', '3>4']);
    expect(joiner.received).toEqual(['2>3', '3>4']);
  });

  it('gives the whole to who holds less than the base, and to who holds nothing', () => {
    const { view, rendition, join } = setUp({ deltas: true });
    let reads = true;
    const [behind, lost] = [join(() => reads), join()];
    rendition.publish();
    reads = false;
    rendition.publish();
    reads = true;
    view.reset(lost.following);
    rendition.publish();
    expect(behind.received).toEqual(['1>2', '4']);
    expect(lost.received).toEqual(['1>2', '2>3', '4']);
  });

  it('counts whole packets and deltas each by their type', () => {
    const { view, rendition, join, meter } = setUp({ deltas: true });
    for (let client = 0; client < 3; client += 1) join();
    view.reset(join().following);
    rendition.publish();
    const count = (type: string) => meter.value('bff_packets_total', { dialect: 'test', type });
    expect([count('DELTA'), count('UPDATE')]).toEqual([3, 1]);
    expect(meter.value('bff_bytes_total', { dialect: 'test' })).toBe(3 * '1>2'.length + '2'.length);
  });
});

describe('View with an interval', () => {
  it('sends the newest of each interval on the beat, and nothing between', () => {
    const { clock, rendition, join } = setUp({ intervalMs: 100 });
    const { received } = join();
    for (let news = 0; news < 25; news += 1) {
      clock.advance(10);
      rendition.publish();
    }
    // 250 ms: news of 90 ms and of 190 ms, each on its beat, and the last one waits.
    expect(received).toEqual(['10', '20']);
    clock.advance(100);
    expect(received).toEqual(['10', '20', '26']);
    clock.advance(1000);
    expect(received).toHaveLength(3);
  });

  it('serves at the first beat who was greeted just before it', () => {
    const { clock, rendition, join } = setUp({ intervalMs: 100 });
    clock.advance(99);
    const { received } = join();
    rendition.publish();
    clock.advance(1);
    expect(received).toEqual(['2']);
    rendition.publish();
    clock.advance(100);
    expect(received).toEqual(['2', '3']);
  });

  it('asks nothing of the clock while there is no news', () => {
    const { clock, rendition, join, meter } = setUp({ intervalMs: 50 });
    join();
    rendition.publish();
    clock.advance(5000);
    expect(meter.observations('bff_fanout_seconds')).toBe(1);
  });

  it('delivers nothing of a view that was closed, and closes its rendition', () => {
    const { clock, hub, rendition, view, join } = setUp({ intervalMs: 100 });
    const { received } = join();
    rendition.publish();
    hub.close(view);
    hub.request(view);
    clock.advance(1000);
    expect(received).toEqual([]);
    expect(rendition.closed).toBe(true);
  });
});

/** A session that follows events, sent each 100 ms. */
function setUpInterval() {
  const { clock, meter, hub, openView } = createTestContext();
  const feed = new EventFeed<string>({ epoch: 'e', capacity: 10 });
  const rendition = new EventRendition<string>({
    ...{ dialect: 'test', feed, maxBehind: 100, beyond: 'oldest' },
    snapshot: () => ({ type: 'all' }),
    render: (events) => ({ type: events.join('') }),
  });
  const view = openView(rendition, { intervalMs: 100 });
  const transport = createFakeTransport();
  const session = newSession({ transport, clock, meter, hub });
  session.follow(leaseOf(view), () => textMessage('first'));
  const append = (text: string) => {
    for (const event of text) feed.append(event);
  };
  return { clock, transport, append };
}

describe('View with an interval, of events', () => {
  it('goes on as soon as the client can be sent to, with what it could not be sent whole', () => {
    const { clock, transport, append } = setUpInterval();
    append('abcd');
    transport.drain(1);
    clock.advance(100);
    expect(transport.types).toEqual(['first', 'a']);
    transport.drain(2);
    expect(transport.types).toEqual(['first', 'a', 'b', 'c']);
    transport.drain();
    expect(transport.types).toEqual(['first', 'a', 'b', 'c', 'd']);
  });

  it('makes what is new wait for the interval again', () => {
    const { clock, transport, append } = setUpInterval();
    append('a');
    clock.advance(100);
    append('b');
    clock.advance(50);
    expect(transport.types).toEqual(['first', 'a']);
    clock.advance(50);
    expect(transport.types).toEqual(['first', 'a', 'b']);
  });
});
