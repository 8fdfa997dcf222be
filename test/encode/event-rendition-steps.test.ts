import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventRendition, type EventRenditionOptions } from '../../src/encode/event-rendition.ts';
import { EventFeed } from '../../src/feed/event-feed.ts';

const packet = (type: string) => ({ type });

/** Events are texts that take as many numbers as they have letters. */
function setUp(options: Partial<EventRenditionOptions<string>> = {}, maxBytes = 0) {
  const bounds = { capacity: 100, maxBytes, bytesOf: ({ length }: string) => length };
  const feed = new EventFeed<string>({ epoch: 'e', ...bounds, weightOf: ({ length }) => length });
  const all: string[] = [];
  const rendition = new EventRendition<string>({
    dialect: 'test',
    feed,
    maxBehind: 3,
    beyond: 'oldest',
    tellDropped: (count) => packet(`-${count}`),
    snapshot: () => packet(`<${all.join('')}>`),
    render: (events) => packet(events.join('')),
    ...options,
  });
  return {
    rendition,
    append(...texts: string[]) {
      for (const text of texts) {
        all.push(text);
        feed.append(text);
      }
    },
    /** The packets that a session which stands at `cursor` is sent. */
    readFrom(cursor: number): string[] {
      const texts: string[] = [];
      for (let at = cursor; at < rendition.seq; ) {
        const step = rendition.after(at);
        texts.push(step.message.type);
        at = step.seq;
      }
      return texts;
    },
  };
}

describe('EventRendition, step by step', () => {
  it('gathers as long as the next one may join', () => {
    const gathered = (event: string, before: readonly string[]) => `${before.join('')}${event}`.length <= 5;
    const { append, readFrom } = setUp({ gathered, maxBehind: 10 });
    append('aa', 'bb', 'c', 'dddddddd', 'e', 'f');
    expect(readFrom(1)).toEqual(['aabbc', 'dddddddd', 'ef']);
    expect(readFrom(3)).toEqual(['bbc', 'dddddddd', 'ef']);
  });

  it('gives the snapshot in the place of an event that nothing else can tell, and all before it as they are', () => {
    const { append, readFrom } = setUp({
      bySnapshot: (event) => event === '!',
      gathered: () => true,
      maxBehind: 10,
    });
    append('a', 'b', '!', 'c');
    expect(readFrom(1)).toEqual(['ab', '<ab!c>']);
    expect(readFrom(3)).toEqual(['<ab!c>']);
    append('d');
    expect(readFrom(4)).toEqual(['cd']);
  });

  it('says how many were dropped by the numbers that they take, without those that do not count', () => {
    const { append, readFrom } = setUp({ counts: (event) => event !== '!', gathered: () => true });
    append('aaaa', '!', 'bb', '!', 'cc', 'd');
    expect(readFrom(1)).toEqual(['-6', '!ccd']);
    expect(readFrom(5)).toEqual(['-2', '!ccd']);
  });

  it('tells nobody of missing nothing, where what is forgotten does not count', () => {
    const { append, readFrom } = setUp({ counts: (event) => event !== '!' });
    append('!', 'a', 'b', 'c');
    expect(readFrom(1)).toEqual(['a', 'b', 'c']);
    append('d');
    expect(readFrom(1)).toEqual(['-1', 'b', 'c', 'd']);
  });

  it('has no more than the feed keeps, whatever it may lack', () => {
    const { append, readFrom } = setUp({ maxBehind: 100 }, 5);
    append('aa', 'bb', 'c');
    expect(readFrom(1)).toEqual(['aa', 'bb', 'c']);
    append('d');
    expect(readFrom(1)).toEqual(['-2', 'bb', 'c', 'd']);
    append('eeeeeeee');
    expect(readFrom(1)).toEqual(['-6', 'eeeeeeee']);
    append('f');
    expect(readFrom(1)).toEqual(['-14', 'f']);
  });

  it('does not count what it does not show', () => {
    const { append, readFrom } = setUp({ shows: (event) => !event.startsWith('x') });
    append('x', 'a', 'xx', 'b', 'c', 'x', 'd', 'e', 'f');
    expect(readFrom(1)).toEqual(['-3', 'd', 'e', 'f']);
  });

  it('accounts for everything that it shows, to every session', () => {
    const event = fc.string({ unit: fc.constantFrom(...'ab!x'), minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), fc.array(event, { maxLength: 30 }), (before, after) => {
        const shows = (text: string) => !text.startsWith('x');
        const counts = (text: string) => !text.startsWith('!');
        const { rendition, append, readFrom } = setUp({
          shows,
          counts,
          gathered: (next, held) => held.length < 2 && next !== 'a',
        });
        append(...before);
        const cursor = rendition.seq;
        append(...after);
        const texts = readFrom(cursor);
        const skipped = texts[0]?.startsWith('-') ? Number(texts.shift()?.slice(1)) : 0;
        const shown = after.filter(shows);
        const dropped = shown.slice(0, -3).filter(counts).join('').length;
        expect(skipped).toBe(dropped);
        expect(texts.join('')).toBe(shown.slice(-3).join(''));
      }),
    );
  });
});
