import { describe, expect, it } from 'vitest';
import { connectClient } from '../support/client.ts';
import { endpoints, serveEveryDialect, streamEndpoints } from '../support/dialect.ts';
import { openEventStream } from '../support/event-stream-client.ts';
import { useIn } from '../support/wait.ts';

describe.each(endpoints)('Beside a client of $name on $path that reads nothing', (dialect) => {
  /** Together more than a client is sent that answers no ping. */
  const [updates, bytes] = [45, 30_000];

  it('another gets everything', async (test) => {
    const { gateway, update } = await serveEveryDialect(test, dialect);
    const connect = () => useIn(test, connectClient(`${gateway.wsUrl}${dialect.path}`, { autoPong: false }));
    const [stalled, other] = [await connect(), await connect()];
    other.socket.on('ping', () => other.socket.pong());
    await stalled.nextOf(dialect.firstType);
    stalled.socket.pause();
    for (let mark = 1; mark <= updates; mark += 1) {
      update(mark, bytes);
      await other.next((packet) => dialect.markOf(packet) === mark);
    }
    const marks = other.packets.map(dialect.markOf).filter((mark) => typeof mark === 'number');
    expect([...new Set(marks.filter((mark) => mark > 0))].sort((a, b) => a - b)).toEqual(
      Array.from({ length: updates }, (_, index) => index + 1),
    );
    const metrics = await gateway.metrics();
    expect(metrics.value('bff_skipped_total', { dialect: dialect.name })).toBeGreaterThan(0);
  });
});

describe.each(streamEndpoints)(
  'Beside a reader of the stream on $path that reads nothing',
  ({ path, largestUpdateBytes: bytes, ...dialect }) => {
    /** Together more than the kernel takes for one that does not read. */
    const updates = 16_000_000 / bytes;

    it('another gets everything', async (test) => {
      const { gateway, update } = await serveEveryDialect(test, dialect);
      const open = () => useIn(test, openEventStream(`${gateway.url}${path}`));
      const [stalled, other] = [await open(), await open()];
      await stalled.next();
      stalled.pause();
      for (let mark = 1; mark <= updates; mark += 1) {
        update(mark, bytes);
        await other.next((packet) => dialect.markOf(packet) === mark);
      }
      const metrics = await gateway.metrics();
      expect(metrics.value('bff_skipped_total', { dialect: dialect.name })).toBeGreaterThan(0);
    });
  },
);
