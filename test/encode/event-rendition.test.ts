import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventRendition, type EventRenditionOptions } from '../../src/encode/event-rendition.ts';
import { EventFeed } from '../../src/feed/event-feed.ts';

const packet = (type: string) => ({ type });

function setUp(options: Partial<EventRenditionOptions<string>> = {}) {
  const feed = new EventFeed<string>({ epoch: 'e', capacity: 100 });
  const rendered: string[] = [];
  const rendition = new EventRendition<string>({
    dialect: 'test',
    feed,
    maxBehind: 3,
    beyond: 'snapshot',
    snapshot: () =>
      packet(
        `<${feed
          .recent()
          .map(({ event }) => event)
          .join('')}>`,
      ),
    render: (events) => {
      rendered.push(events.join(''));
      return packet(events.join(''));
    },
    ...options,
  });
  const append = (text: string) => {
    for (const event of text) feed.append(event);
  };
  /** What a session that stands at `cursor` is sent, packet by packet, and what it is told that it dropped. */
  const readFrom = (cursor: number) => {
    const texts: string[] = [];
    let dropped = 0;
    while (cursor < rendition.seq) {
      const step = rendition.after(cursor);
      texts.push(step.message.type);
      dropped += step.dropped;
      cursor = step.seq;
    }
    return { texts, dropped };
  };
  return { feed, rendition, rendered, append, readFrom };
}

describe('EventRendition', () => {
  it('sends each event after the cursor, in order', () => {
    const { append, readFrom } = setUp();
    append('abc');
    expect(readFrom(1).texts).toEqual(['a', 'b', 'c']);
    expect(readFrom(3).texts).toEqual(['c']);
    expect(readFrom(4).texts).toEqual([]);
  });

  it('renders an event once for all who stand at the same place', () => {
    const { append, readFrom, rendered } = setUp();
    append('ab');
    for (let session = 0; session < 5; session += 1) readFrom(1);
    expect(rendered).toEqual(['a', 'b']);
  });

  it('gathers everything that a session lacks into one packet, where that is asked for', () => {
    const { append, readFrom } = setUp({ gathered: () => true });
    append('abc');
    expect([readFrom(1).texts, readFrom(2).texts]).toEqual([['abc'], ['bc']]);
  });

  it('has no news of what it does not show, and skips it', () => {
    const { append, rendition, readFrom } = setUp({ shows: (event) => event !== 'x' });
    let news = 0;
    rendition.onNews(() => {
      news += 1;
    });
    append('xxaxxbxx');
    expect(news).toBe(2);
    expect(readFrom(1).texts).toEqual(['a', 'b']);
    expect(rendition.seq).toBe(7);
  });

  it('gives the snapshot to a session that is further behind than it may be', () => {
    const { append, readFrom } = setUp();
    append('abcd');
    expect(readFrom(2).texts).toEqual(['b', 'c', 'd']);
    expect(readFrom(1)).toEqual({ texts: ['<abcd>'], dropped: 1 });
  });

  it('goes on from the oldest event that is kept, and says how many were dropped', () => {
    const { append, readFrom } = setUp({ beyond: 'oldest' });
    append('abcdef');
    expect(readFrom(1)).toEqual({ texts: ['d', 'e', 'f'], dropped: 3 });
  });

  it('tells the client itself first, where the dialect has words for it', () => {
    const { append, readFrom } = setUp({
      beyond: 'oldest',
      gathered: () => true,
      tellDropped: (n) => packet(`-${n}`),
    });
    append('abcdef');
    expect(readFrom(1)).toEqual({ texts: ['-3', 'def'], dropped: 3 });
  });

  it('knows nothing of what came before it, and hears nothing once it is closed', () => {
    const { feed, rendition, append } = setUp();
    append('ab');
    const later = new EventRendition<string>({
      dialect: 'test',
      feed,
      maxBehind: 3,
      beyond: 'oldest',
      snapshot: () => packet('all'),
      render: (events) => packet(events.join('')),
    });
    expect(later.seq).toBe(3);
    rendition.close();
    append('c');
    expect([rendition.seq, later.seq]).toEqual([3, 4]);
  });

  it('brings every session to the newest event, with each event sent, shown in a snapshot, or counted', () => {
    const text = fc.string({ unit: fc.constantFrom(...'abcdefgh'), maxLength: 12 });
    fc.assert(
      fc.property(text, text, fc.boolean(), (before, after, gathered) => {
        const { append, rendition, readFrom } = setUp({ beyond: 'oldest', gathered: () => gathered });
        append(before);
        const cursor = rendition.seq;
        append(after);
        const { texts, dropped } = readFrom(cursor);
        expect(dropped).toBe(Math.max(0, after.length - 3));
        expect(texts.join('')).toBe(after.slice(dropped));
      }),
    );
  });
});

describe('The snapshot of an EventRendition', () => {
  it('is shared by those who come to it soon after one another, who are sent what followed it', () => {
    let made = 0;
    const { append, readFrom } = setUp({
      maxBehind: 8,
      snapshot: () => {
        made += 1;
        return packet(`<${made}>`);
      },
    });
    append('abcdefghij');
    expect(readFrom(1).texts).toEqual(['<1>']);
    append('kl');
    expect(readFrom(1).texts).toEqual(['<1>', 'k', 'l']);
    append('m');
    expect(readFrom(1).texts).toEqual(['<2>']);
    expect(made).toBe(2);
  });

  it('is not made again for an event that the one before tells of', () => {
    let made = 0;
    const { append, readFrom } = setUp({
      maxBehind: 8,
      bySnapshot: (event) => event === '!',
      snapshot: () => {
        made += 1;
        return packet(`<${made}>`);
      },
    });
    append('a!');
    expect(readFrom(1).texts).toEqual(['a', '<1>']);
    append('b');
    expect(readFrom(1).texts).toEqual(['a', '<1>', 'b']);
    append('!');
    expect(readFrom(4).texts).toEqual(['<2>']);
    expect(made).toBe(2);
  });
});
