import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { usualCloses } from '../../src/deliver/closes.ts';
import { Random } from '../../src/demo/random.ts';
import type { Encoding } from '../../src/encode/encoding.ts';
import { Message } from '../../src/encode/message.ts';
import { deflateTerms } from '../support/fan-out-crowd.ts';
import { createUpdates } from '../support/fan-out-updates.ts';
import { textMessage } from '../support/messages.ts';
import {
  type Connection,
  digestOf,
  startTransportServer,
  type TransportServer,
} from '../support/transport-server.ts';
import { waitFor } from '../support/wait.ts';

const seed = 20_262;
const updates = 300;
const pieces = [undefined, 300, 4000] as const;

/** As they were sent: by their tick, then the last. */
const byNumber = (one: string, other: string): number =>
  (Number(one) || updates + 1) - (Number(other) || updates + 1);

/** A connection and what it must have received, in order. */
class Member {
  readonly connection: Connection;
  readonly expected: string[] = [];
  refused = 0;
  stalledUntil = 0;
  readonly #digests: ReadonlyMap<Message, string>;

  constructor(connection: Connection, digests: ReadonlyMap<Message, string>) {
    this.connection = connection;
    this.#digests = digests;
  }

  /** Whoever is refused a message is offered it again when it drains. */
  offer(message: Message): boolean {
    const taken = this.#note(message, this.connection.transport.offer(message) > 0);
    this.connection.onDrain = taken ? () => {} : () => void this.offer(message);
    return taken;
  }

  answer(message: Message): void {
    this.#note(message, this.connection.transport.answer(message) > 0);
  }

  #note(message: Message, taken: boolean): boolean {
    if (taken) this.expected.push(this.#digests.get(message) ?? 'unknown');
    else this.refused += 1;
    return taken;
  }
}

const bytesEncoding = (bytes: Buffer, isBinary: boolean): Encoding => ({
  isBinary,
  encode: () => bytes,
  leastBytes: () => 0,
});

describe.each([
  ['to the handle', true],
  ['through the stream', false],
] as const)(`300 messages of all sizes written %s, by chance of seed ${seed}`, (_path, directWrites) => {
  let server: TransportServer;
  beforeAll(async () => {
    server = await startTransportServer({ directWrites, overFile: true });
  });
  afterAll(() => server.stop());

  it('arrive as they were taken, at clients that stall and that read in small pieces', async () => {
    const random = new Random(seed, 'transports');
    const source = createUpdates(seed);
    const digests = new Map<Message, string>();
    const make = (binary: boolean, previous?: Message): Message => {
      const bytes = Buffer.from(JSON.stringify(source.next()));
      const packet = { type: 'update' };
      const message = new Message(packet, bytesEncoding(bytes, binary), { previous });
      digests.set(message, digestOf(bytes));
      return message;
    };
    const members: Member[] = [];
    for (const deflate of deflateTerms) {
      for (const pieceBytes of pieces)
        members.push(new Member(await server.connect({ perMessageDeflate: deflate, pieceBytes }), digests));
    }
    // Two renditions: now and then a client is sent one of the other's.
    let [text, binary] = [make(false), make(true)];
    for (let tick = 1; tick <= updates; tick += 1) {
      text = make(false, text);
      binary = make(true, random.chance(0.9) ? binary : undefined);
      for (const [index, member] of members.entries()) {
        const { client, transport } = member.connection;
        if (member.stalledUntil === tick) client.resume();
        if (random.chance(0.02)) member.answer(make(false));
        if (random.chance(0.02)) transport.probe();
        if (random.chance(0.05)) client.ping(`${tick}`);
        if (random.chance(0.9)) member.offer((index % 2 === 0) === random.chance(0.95) ? text : binary);
        if (member.stalledUntil >= tick || random.chance(0.98)) continue;
        client.pause();
        member.stalledUntil = tick + 1 + random.below(100);
      }
      await nextTurn();
    }
    for (const { connection } of members) {
      connection.client.resume();
      connection.client.ping('last');
    }
    for (const member of members) {
      const { transport, pongs } = member.connection;
      await waitFor('the last pong', () => pongs.at(-1) === 'last');
      const last = make(false, text);
      await waitFor('a client that can be sent to', () => member.offer(last));
      transport.close(usualCloses.shutdown);
      expect(transport.offer(last)).toBe(0);
      expect(transport.answer(last)).toBe(0);
      member.expected.push('<close 1001>');
    }
    for (const { connection, expected } of members) {
      const { received, pongs, frames } = connection;
      await waitFor('the close', () => received.length === expected.length);
      expect(received).toEqual(expected);
      expect(pongs).toEqual([...new Set(pongs)].sort(byNumber));
      expect(frames.faults).toEqual([]);
    }
    expect(members.reduce((sum, { refused }) => sum + refused, 0)).toBeGreaterThan(500);
  });

  it('wait in this process where the kernel takes no more, one at most', async () => {
    const { transport, client, received, frames } = await server.connect();
    client.pause();
    const message = textMessage('x'.repeat(60_000));
    let taken = 0;
    while (transport.offer(message) > 0) taken += 1;
    // Much less than the 512 KiB that a client may be behind.
    expect(taken * message.payload.length).toBeLessThan(400_000);
    expect(transport.answer(message)).toBe(0);
    transport.probe();
    client.resume();
    await waitFor('all that was taken', () => received.length === taken);
    expect(frames.faults).toEqual([]);
  });

  it('hold back the answer to a ping, which is given once', async () => {
    const { transport, client, received, pongs } = await server.connect();
    for (const [index, payload] of ['first', undefined, 'second', undefined].entries()) {
      // More than the kernel takes: some of it is still here when the ping comes.
      const large = textMessage('x'.repeat(450_000));
      await waitFor('a client that can be sent to', () => transport.offer(large) > 0);
      expect(transport.answer(textMessage('too much'))).toBe(0);
      if (payload !== undefined) client.ping(payload);
      await waitFor('the message', () => received.length === index + 1);
    }
    await waitFor('both pongs', () => pongs.length > 1);
    expect(pongs).toEqual(['first', 'second']);
  });

  it('keep their bytes until they have left', async () => {
    const { transport, client, received } = await server.connect();
    client.pause();
    const size = 4_000_000;
    const offer = (): string => {
      const text = `${new Random(seed).next()}`.repeat(size / 16);
      transport.offer(textMessage(text));
      return digestOf(text);
    };
    const expected = offer();
    setFlagsFromString('--expose-gc');
    const collectGarbage: unknown = runInNewContext('gc');
    if (typeof collectGarbage !== 'function') throw new Error('no gc');
    for (let round = 0; round < 10; round += 1) {
      collectGarbage();
      await nextTurn();
      // What is free is written over.
      Buffer.alloc(size, '!');
    }
    client.resume();
    await waitFor('the message', () => received.length === 1);
    expect(received).toEqual([expected]);
  });
});
