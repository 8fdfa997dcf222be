import { describe, expect, it } from 'vitest';
import { MemoryEvents } from '../../src/source/events.ts';
import { connectClient } from '../support/client.ts';
import { endpoints, everyDialect, streamEndpoints } from '../support/dialect.ts';
import { openEventStream } from '../support/event-stream-client.ts';
import { startGateway } from '../support/gateway.ts';
import { useIn } from '../support/wait.ts';

const settings = { MAX_RATE_HZ: '0', POLL_CRON: '0 0 * * * *' };

describe.each(endpoints)('Beside a client of $name on $path that reads nothing', (dialect) => {
  /** Together more than a client is sent that answers no ping. */
  const [updates, bytes] = [45, 30_000];

  it('another gets everything', async (test) => {
    const events = new MemoryEvents();
    const surroundings = await dialect.surround?.(test);
    const update = surroundings?.update ?? dialect.update;
    const gateway = await useIn(
      test,
      startGateway({
        events,
        engine: false,
        dialects: everyDialect,
        settings: { ...settings, ...surroundings?.settings },
      }),
    );
    const connect = () => useIn(test, connectClient(`${gateway.wsUrl}${dialect.path}`, { autoPong: false }));
    const [stalled, other] = [await connect(), await connect()];
    other.socket.on('ping', () => other.socket.pong());
    await stalled.nextOf(dialect.firstType);
    stalled.socket.pause();
    for (let mark = 1; mark <= updates; mark += 1) {
      update(events, mark, bytes);
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
  ({ path, ...dialect }) => {
    /** Together more than the kernel takes for one that does not read. */
    const [updates, bytes] = [80, 200_000];

    it('another gets everything', async (test) => {
      const events = new MemoryEvents();
      const gateway = await useIn(
        test,
        startGateway({ events, engine: false, dialects: everyDialect, settings }),
      );
      const open = () => useIn(test, openEventStream(`${gateway.url}${path}`));
      const [stalled, other] = [await open(), await open()];
      await stalled.next();
      stalled.pause();
      for (let mark = 1; mark <= updates; mark += 1) {
        dialect.update(events, mark, bytes);
        await other.next((packet) => dialect.markOf(packet) === mark);
      }
      const metrics = await gateway.metrics();
      expect(metrics.value('bff_skipped_total', { dialect: dialect.name })).toBeGreaterThan(0);
    });
  },
);
