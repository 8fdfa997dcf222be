import { renameSync, truncateSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventFeed } from '../../../../src/feed/event-feed.ts';
import {
  lastLines,
  maxBacklog,
  maxBacklogLength,
  type TailEvent,
} from '../../../../src/protocol/streams/log/log-feed.ts';
import { waitFor } from '../../../support/wait.ts';
import { heldOpen } from '../file-tail/set-up.ts';
import { numbered, received, setUpLogs } from './log-set-up.ts';

describe('Log stream', () => {
  it.for([
    [0, []],
    [2, ['two', 'three']],
    [1000, ['one', 'two', 'three']],
  ] as const)('begins with the last %i lines', async ([backlog, lines], test) => {
    const { folder, watch } = await setUpLogs(test);
    folder.append('a', 'one\ntwo\r\nthree\nhalf a li');
    const client = await watch('a', backlog);
    expect(client.frames()).toEqual([{ type: 'backlog', lines, count: lines.length }]);
  });

  it('gathers what is written, and sends each line once and in order', async (test) => {
    const { folder, watch, until } = await setUpLogs(test);
    const client = await watch();
    expect(client.frames()).toEqual([{ type: 'backlog', lines: [], count: 0 }]);
    folder.append('a', 'x\nhalf');
    await until(client, (frames) => frames.length === 2);
    folder.append('a', ' a line\n');
    folder.append('a', 'y\n');
    await until(client, (frames) => frames.length === 3);
    expect(client.frames().slice(1)).toEqual([
      { type: 'lines', lines: ['x'], count: 1 },
      { type: 'lines', lines: ['half a line', 'y'], count: 2 },
    ]);
  });

  it('says so when the file is another one, after the last line of the one before', async (test) => {
    const { folder, watch, until } = await setUpLogs(test);
    folder.append('a', 'old\n');
    const client = await watch();
    folder.append('a', 'last, unterminated');
    renameSync(folder.pathOf('a'), `${folder.pathOf('a')}.1`);
    folder.append('a', 'new\n');
    await until(client, (frames) => frames.length === 4);
    truncateSync(folder.pathOf('a'));
    await until(client, (frames) => frames.length === 5);
    folder.append('a', 'newer\n');
    await until(client, (frames) => frames.length === 6);
    expect(client.frames().slice(1)).toEqual([
      { type: 'lines', lines: ['last, unterminated'], count: 1 },
      { type: 'rotated' },
      { type: 'lines', lines: ['new'], count: 1 },
      { type: 'rotated' },
      { type: 'lines', lines: ['newer'], count: 1 },
    ]);
    expect((await watch()).frames()).toEqual([{ type: 'backlog', lines: ['newer'], count: 1 }]);
  });

  it('reads a file once, however many watch it, and closes it with the last of them', async (test) => {
    const { folder, watch, until, logs } = await setUpLogs(test);
    folder.append('a', numbered(5));
    const clients = [];
    for (let viewer = 0; viewer < 50; viewer += 1) clients.push(await watch());
    expect([heldOpen(folder.directory), logs.size]).toEqual([['a.log'], 1]);
    folder.append('a', 'for all\n');
    for (const client of clients) await until(client, (frames) => frames.length === 2);
    const [first, ...others] = clients;
    // The very same bytes: made once.
    for (const other of others)
      expect(other.transport.messages.at(-1)).toBe(first?.transport.messages.at(-1));
    for (const other of others) other.transport.end();
    expect(logs.size).toBe(1);
    first?.transport.end();
    expect(logs.size).toBe(0);
    await waitFor('the file to be closed', () => heldOpen(folder.directory).length === 0);
  });

  it('sends a backlog at once, however large it is', async (test) => {
    const { folder, watch } = await setUpLogs(test);
    const lines = Array.from({ length: 1000 }, (_, index) => `${index}`.padEnd(4000, 'x'));
    folder.append('a', lines.map((line) => `${line}\n`).join(''));

    const client = await watch('a', 1000);

    expect(client.frames()).toEqual([{ type: 'backlog', lines, count: 1000 }]);
  });

  it('keeps frames to a size, and sends a burst whole', async (test) => {
    const { folder, watch, until } = await setUpLogs(test);
    const client = await watch();
    const lines = 60_000;
    folder.append('a', numbered(lines));
    await until(client, (frames) => received(frames).lines.length === lines);
    expect(received(client.frames()).lines.join('\n')).toBe(numbered(lines).trimEnd());
    expect(Math.max(...client.transport.messages.map(({ payload }) => payload.length))).toBeLessThan(
      512 * 1024,
    );
  });

  it('holds 256 frames for a client that lags, of whatever size up to 16 MiB together', async (test) => {
    const { folder, watch, until } = await setUpLogs(test);
    const [slow, steady] = [await watch(), await watch()];
    slow.transport.block();
    let written = 0;
    for (let burst = 0; burst < 3; burst += 1) {
      folder.append('a', `${'x'.repeat(1023)}\n`.repeat(7 * 1024));
      written += 7 * 1024;
      await until(steady, (frames) => received(frames).lines.length === written);
    }
    slow.transport.drain();
    await until(slow, (frames) => frames.length > 1 && received(frames).skipped > 0);
    const { lines, skipped } = received(slow.frames());
    expect(skipped + lines.length).toBe(written);
    expect(lines.length).toBeGreaterThan(15 * 1024);
    expect(lines.length).toBeLessThanOrEqual(16 * 1024);
  });

  it('counts empty lines for something, lest they take all memory', async (test) => {
    const { folder, watch, until } = await setUpLogs(test);
    const [slow, steady] = [await watch(), await watch()];
    slow.transport.block();
    const written = 1024 * 1024;
    folder.append('a', '\n'.repeat(written));
    await until(steady, (frames) => received(frames).lines.length === written);
    slow.transport.drain();
    await until(slow, (frames) => frames.length > 1 && received(frames).skipped > 0);
    const { lines, skipped } = received(slow.frames());
    expect(skipped + lines.length).toBe(written);
    expect(lines.length).toBeLessThan(512 * 1024);
  });

  it('closes the file when its last viewer leaves in the middle of a burst', async (test) => {
    const { folder, watch, until } = await setUpLogs(test);
    const client = await watch();
    folder.append('a', `${'x'.repeat(1023)}\n`.repeat(10 * 1024));
    await until(client, (frames) => frames.length > 1);
    client.transport.end();
    await waitFor('the file to be closed', () => heldOpen(folder.directory).length === 0);
  });

  it('counts to the line what it does not send to a client that fell too far behind', async (test) => {
    const { folder, watch, until } = await setUpLogs(test);
    const [slow, steady] = [await watch(), await watch()];
    slow.transport.block();
    let written = 0;
    const write = async (count: number) => {
      folder.append('a', numbered(count, written));
      written += count;
      await until(steady, (frames) => received(frames).lines.length === written);
    };
    for (let look = 0; look < 150; look += 1) await write(1 + (look % 4));
    writeFileSync(folder.pathOf('a'), '');
    await until(steady, (frames) => frames.at(-1)?.type === 'rotated');
    for (let look = 0; look < 200; look += 1) await write(3);
    slow.transport.drain();
    await until(slow, (frames) => received(frames).lines.includes(`line ${written - 1}`));
    const { lines, skipped } = received(slow.frames());
    expect(slow.types()[1]).toBe('skipped');
    expect(skipped + lines.length).toBe(written);
    expect(skipped).toBeGreaterThan(150);
    expect(`${lines.join('\n')}\n`).toBe(numbered(lines.length, skipped));
    folder.append('a', 'further\n');
    await until(slow, (frames) => received(frames).lines.at(-1) === 'further');
  });
});

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
