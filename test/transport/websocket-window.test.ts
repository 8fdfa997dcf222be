import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Message } from '../../src/encode/message.ts';
import { framesOf } from '../../src/transport/frames.ts';
import { textMessage } from '../support/messages.ts';
import { type Connection, startTransportServer, type TransportServer } from '../support/transport-server.ts';
import { useIn, waitFor } from '../support/wait.ts';

const windowBytes = 512 * 1024;
const packet = (seq: number, bytes = 4000): Message => textMessage(`${seq} `.padEnd(bytes, '.'));
const lengthOf = (message: Message): number => framesOf(message).length;
const seqs = ({ received }: Connection): number[] =>
  received.filter((text) => !text.startsWith('<')).map((text) => Number.parseInt(text, 10));

/** Offers packets now and at each drain, until the window is full; returns how many were taken. */
async function fillWindow(connection: Connection, bytes = 4000): Promise<number> {
  const { transport } = connection;
  const frameBytes = lengthOf(packet(1, bytes));
  let taken = 0;
  const offer = (): void => {
    while (taken * frameBytes < 4 * windowBytes && transport.offer(packet(taken + 1, bytes)) > 0) taken += 1;
  };
  connection.onDrain = offer;
  offer();
  await waitFor('the window to be full', () => (taken + 1) * frameBytes > windowBytes);
  connection.onDrain = () => {};
  return taken;
}

describe.each([
  ['to its handle', true],
  ['through its stream', false],
] as const)('The end-to-end window of a WebSocketTransport that writes %s', (_path, directWrites) => {
  let server: TransportServer;
  beforeAll(async () => {
    server = await startTransportServer({ directWrites });
  });
  afterAll(() => server.stop());

  it('gives a client that stops reading at most 512 KiB', async () => {
    const connection = await server.connect();
    connection.client.pause();
    const taken = await fillWindow(connection);
    expect(taken * lengthOf(packet(1))).toBeLessThanOrEqual(windowBytes);
    connection.client.resume();
    await waitFor('all that was taken', () => seqs(connection).length === taken);
    expect(connection.bytesRead()).toBeLessThanOrEqual(windowBytes + lengthOf(packet(1)));
  });

  // Each client's own share of the 256 KiB, so that those who came together are not all pinged together.
  it.for([
    [0, windowBytes / 2],
    [0.5, (windowBytes / 2) * 0.75],
    [0.999_999_999, windowBytes / 4],
  ] as const)(
    'asks a client that reads for a sign of life: drawn %d, after %d bytes',
    async ([drawn, bytes], test) => {
      const own = await useIn(test, startTransportServer({ random: () => drawn, directWrites }));
      const connection = await own.connect();
      for (let seq = 1; seq <= 30; seq += 1) connection.transport.offer(packet(seq));
      for (let seq = 31; seq <= 70; seq += 1) {
        await waitFor('the packets before', () => seqs(connection).length >= seq - 1);
        expect(connection.transport.offer(packet(seq))).toBeGreaterThan(0);
      }
      await waitFor('all', () => seqs(connection).length === 70);
      const at = connection.received.indexOf('<ping>');
      expect(at * lengthOf(packet(1))).toBeGreaterThanOrEqual(bytes);
      expect((at - 1) * lengthOf(packet(1))).toBeLessThan(bytes);
    },
  );

  it('draws the next threshold of a client when it has answered', async (test) => {
    const draws = [0, 1];
    let drawn = 0;
    const random = (): number => draws[drawn++] ?? 0;
    const own = await useIn(test, startTransportServer({ random, directWrites }));
    const connection = await own.connect();
    expect(drawn).toBe(1);
    connection.transport.probe();
    await waitFor('the answer', () => drawn === 2);
  });

  it('goes on with the newest only when the client reads again', async () => {
    const connection = await server.connect();
    connection.client.pause();
    let seq = 0;
    let newestSent = 0;
    const offer = (): void => {
      if (connection.transport.offer(packet(seq)) > 0) newestSent = seq;
    };
    connection.onDrain = offer;
    for (seq = 1; seq <= 1000; seq += 1) offer();
    seq = 1000;
    const beforeStall = newestSent;
    connection.client.resume();
    await waitFor('the newest', () => seqs(connection).at(-1) === 1000);
    expect(seqs(connection)).toEqual([...Array.from({ length: beforeStall }, (_, i) => i + 1), 1000]);
  });

  it('never refuses a client that reads, for long', async () => {
    const connection = await server.connect();
    const total = 2000;
    let seq = 1;
    const send = (): void => {
      while (seq <= total && connection.transport.offer(packet(seq)) > 0) seq += 1;
    };
    connection.onDrain = send;
    send();
    await waitFor('all of 8 MB', () => seqs(connection).length === total);
    expect(seqs(connection)).toEqual(Array.from({ length: total }, (_, index) => index + 1));
  });

  it('sends a packet that is larger than the window to a client that owes no answer', async () => {
    const connection = await server.connect();
    const huge = packet(1, 2 * windowBytes);
    expect(connection.transport.offer(huge)).toBeGreaterThan(0);
    expect(connection.transport.offer(packet(2))).toBe(0);
    connection.onDrain = () => void connection.transport.offer(packet(2));
    await waitFor('both', () => seqs(connection).length === 2);
    expect(seqs(connection)).toEqual([1, 2]);
  });

  it('sends one also to a client that was given an answer since it was pinged', async () => {
    const connection = await server.connect({ autoPong: false });
    const { transport, client, received } = connection;
    const huge = packet(1, 2 * windowBytes);
    let offers = 0;
    connection.onDrain = () => {
      if (transport.offer(huge) > 0) offers += 1;
    };
    connection.onDrain();
    await waitFor('the ping behind it', () => received.includes('<ping>'));
    await waitFor('the answer', () => transport.answer(textMessage('answer')));
    expect(transport.offer(huge)).toBe(0);
    client.pong();
    await waitFor('another one', () => offers === 2);
  });

  it('counts a client that answers no ping as not writable, though it reads everything', async () => {
    const connection = await server.connect({ autoPong: false });
    const taken = await fillWindow(connection, 16_000);
    await waitFor('all that was taken', () => seqs(connection).length === taken);
    expect(connection.transport.offer(packet(taken + 1, 16_000))).toBe(0);
    let drained = false;
    connection.onDrain = () => {
      drained = true;
    };
    connection.client.pong();
    await waitFor('the drain', () => drained);
    expect(connection.transport.offer(packet(taken + 1, 16_000))).toBeGreaterThan(0);
  });

  it('holds one pong at most for a client that pings and does not read', async () => {
    const connection = await server.connect();
    const { client, transport } = connection;
    // More than the kernel takes, so that the rest of it waits in this process.
    transport.offer(packet(0, 24 * 1024 * 1024));
    client.pause();
    const before = process.memoryUsage().arrayBuffers;
    const payload = (count: number): string => `${count}`.padEnd(120, 'p');
    for (let count = 0; count < 20_000; count += 1) client.ping(payload(count));
    client.send('after the pings');
    await waitFor('the last ping to be read', () => connection.messages.length === 1);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
    client.resume();
    await waitFor('the last pong', () => connection.received.includes(`<pong ${payload(19_999)}>`));
    const pongs = connection.received.filter((text) => text.startsWith('<pong'));
    expect(pongs).toEqual([`<pong ${payload(19_999)}>`]);
  });
});
