import { describe, expect, it } from 'vitest';
import { keepaliveDefaults } from '../../src/deliver/keepalive.ts';
import { MemoryEvents } from '../../src/source/events.ts';
import { connectClient, type Packet, type TestClient } from '../support/client.ts';
import { startGateway } from '../support/gateway.ts';
import { type TestScope, useIn, waitFor } from '../support/wait.ts';

const windowBytes = 512 * 1024;
const packetBytes = 50_000;
const padding = 'x'.repeat(packetBytes);

async function setUp(test: TestScope, { slowAfterMs = keepaliveDefaults.slowAfterMs } = {}) {
  const events = new MemoryEvents();
  const gateway = await useIn(
    test,
    startGateway({
      events,
      engine: false,
      settings: { MAX_RATE_HZ: '0', POLL_CRON: '0 0 * * * *' },
      keepalive: { ...keepaliveDefaults, slowAfterMs },
    }),
  );
  let newest = 0;
  const publish = (): void => {
    newest += 1;
    events.publish('state_update', JSON.stringify({ number: newest, padding }));
  };
  return { gateway, publish, connect: (options = {}) => useIn(test, connectClient(gateway.wsUrl, options)) };
}

const numberOf = ({ data }: Packet): number => (typeof data.number === 'number' ? data.number : 0);
const numbers = ({ packets }: TestClient): number[] => packets.map(numberOf).filter((number) => number > 0);

describe('A client that stops reading', () => {
  it('reads little that is old when it resumes, then the newest, while others miss nothing', async (test) => {
    const { gateway, publish, connect } = await setUp(test);
    const well = await Promise.all(Array.from({ length: 17 }, () => connect()));
    const stalled = await Promise.all(Array.from({ length: 3 }, () => connect()));
    for (const client of [...well, ...stalled]) await client.nextOf('WELCOME');
    for (const client of stalled) client.socket.pause();
    const before = stalled.map(({ bytesRead }) => bytesRead);

    const total = 60;
    for (let number = 1; number <= total; number += 1) {
      publish();
      await Promise.all(well.map((client) => client.next((packet) => numberOf(packet) === number)));
    }
    for (const client of well) {
      const seqs = client.packets.map(({ seq }) => seq);
      const [first = 0] = seqs;
      expect(seqs).toEqual(seqs.map((_, index) => first + index));
      expect(new Set(numbers(client)).size).toBe(total);
    }
    const metrics = await gateway.metrics();
    expect(metrics.value('bff_skipped_total', { dialect: 'telemetry' })).toBeGreaterThan(100);

    for (const [index, client] of stalled.entries()) {
      client.socket.resume();
      await client.next((packet) => numberOf(packet) === total);
      const newestBytes = Buffer.byteLength(client.latest.text);
      const old = client.bytesRead - (before[index] ?? 0) - newestBytes;
      expect(old).toBeLessThanOrEqual(windowBytes + packetBytes);
      const seen = numbers(client);
      expect(seen).toEqual([...seen].sort((a, b) => a - b));
      expect(seen.length).toBeLessThan(20);
    }
    publish();
    for (const client of stalled) await client.next((packet) => numberOf(packet) === total + 1);
  });

  it('is closed with 1013 when it goes on, and only it', async (test) => {
    const { publish, connect } = await setUp(test, { slowAfterMs: 300 });
    // Reads, so that it sees the close at once, but answers no ping: not writable end to end.
    const slow = await connect({ autoPong: false });
    const well = await connect();
    for (let number = 1; number <= 20; number += 1) {
      publish();
      await well.next((packet) => numberOf(packet) === number);
    }
    expect((await slow.closed).code).toBe(1013);
    publish();
    await well.next((packet) => numberOf(packet) === 21);
  });

  it('costs the gateway no memory beyond a packet', async (test) => {
    const { publish, connect } = await setUp(test);
    const stalled = await Promise.all(Array.from({ length: 20 }, () => connect()));
    const well = await connect();
    for (const client of stalled) {
      await client.nextOf('WELCOME');
      client.socket.pause();
    }
    const publishAndSee = async (): Promise<void> => {
      publish();
      await well.next(({ type }) => type === 'TELEMETRY');
    };
    for (let number = 0; number < 20; number += 1) await publishAndSee();
    const before = process.memoryUsage().arrayBuffers;
    for (let number = 0; number < 60; number += 1) await publishAndSee();
    // Queued, these would be 60 MB.
    await waitFor('little growth', () => process.memoryUsage().arrayBuffers - before < 20_000_000);
  });
});
