import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventFeed } from '../../../../src/feed/event-feed.ts';
import {
  lastLines,
  maxBacklog,
  maxBacklogLength,
  type TailEvent,
} from '../../../../src/protocol/streams/log/log-feed.ts';

function setUpFeed() {
  const feed = new EventFeed<TailEvent>({ epoch: 'log', capacity: maxBacklog });
  const add = (...lines: readonly string[]) => feed.append({ lines, length: 0 });
  return { feed, add };
}

describe('lastLines', () => {
  it('are the newest lines, as many as are asked for', () => {
    const batches = fc.array(fc.array(fc.string(), { minLength: 1 }));
    fc.assert(
      fc.property(batches, fc.nat(8), (batches, count) => {
        const { feed, add } = setUpFeed();
        for (const batch of batches) add(...batch);
        expect(lastLines(feed, count)).toEqual(count === 0 ? [] : batches.flat().slice(-count));
      }),
    );
  });

  it('are as many as a backlog may have, whether they came one by one or together', () => {
    const lines = Array.from({ length: 2 * maxBacklog }, (_, index) => `${index}`);
    const [one, all] = [setUpFeed(), setUpFeed()];
    for (const line of lines) one.add(line);
    all.add(...lines);
    for (const { feed } of [one, all]) {
      expect(lastLines(feed, 5 * maxBacklog)).toEqual(lines.slice(-maxBacklog));
    }
  });

  it('leave out the oldest when they are too long together', () => {
    const { feed, add } = setUpFeed();
    const long = (letter: string) => letter.repeat(maxBacklogLength / 4);
    add('short', ...['a', 'b', 'c', 'd'].map(long));
    expect(lastLines(feed, 10).map((line) => line.at(0))).toEqual(['a', 'b', 'c', 'd']);
    add('e');
    expect(lastLines(feed, 10).map((line) => line.at(0))).toEqual(['b', 'c', 'd', 'e']);
  });

  it.each(['rotated', 'unavailable'] as const)('begin anew where the file is %s', (event) => {
    const { feed, add } = setUpFeed();
    add('x'.repeat(maxBacklogLength));
    feed.append(event);
    expect(lastLines(feed, 10)).toEqual([]);
    add('y'.repeat(maxBacklogLength));
    expect(lastLines(feed, 10)).toHaveLength(1);
  });
});
