import { constants, inflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { connectClient } from '../support/client.ts';
import { openRawWebSocket, type RawWebSocket } from '../support/raw-web-socket.ts';
import { setUpViews } from '../support/view-set-up.ts';
import { type TestScope, useIn, waitFor } from '../support/wait.ts';

const tail = Buffer.from([0, 0, 0xff, 0xff]);
const agreed = 'permessage-deflate; client_no_context_takeover';

async function setUp(test: TestScope, settings: Readonly<Record<string, string>> = {}) {
  const { gateway, publish } = await setUpViews(test, { settings });
  const open = (extensions: string): Promise<RawWebSocket> =>
    useIn(test, openRawWebSocket(gateway.port, { extensions }));
  /** Three updates, all of which the client gets before the next. */
  const publishTo = async ({ received }: RawWebSocket): Promise<void> => {
    for (let count = 1; count <= 3; count += 1) {
      await waitFor('the message before', () => received.length === count);
      publish({ market: { price: count }, padding: 'the same in each of them '.repeat(40) });
    }
    await waitFor('the last update', () => received.length === 4);
  };
  return { gateway, open, publishTo };
}

/** Reads a message by itself, with a window of so many bits. */
function readAlone(payload: Buffer, windowBits: number): unknown {
  const inflated = inflateRawSync(Buffer.concat([payload, tail]), {
    windowBits,
    finishFlush: constants.Z_SYNC_FLUSH,
  });
  return JSON.parse(inflated.toString());
}

describe('The terms of compression', () => {
  it.for([
    ['permessage-deflate', agreed],
    ['permessage-deflate; client_max_window_bits', agreed],
    ['permessage-deflate; server_max_window_bits=15', /server_max_window_bits=15/],
    ['x-webkit-deflate-frame, permessage-deflate', agreed],
  ] as const)('offered as "%s" share the window of the last message', async ([offer, terms], test) => {
    const { open, publishTo } = await setUp(test);
    const client = await open(offer);
    expect(client.extensions).toMatch(terms);
    await publishTo(client);
    expect(client.received.map(({ compressed }) => compressed)).toEqual([true, true, true, true]);
    const sizes = client.received.map(({ payload }) => payload.length);
    // By itself it takes some hundred bytes.
    expect(sizes[3]).toBeLessThan(0.5 * (sizes[1] ?? 0));
  });

  it.for([
    ['permessage-deflate; server_no_context_takeover', 15],
    ['permessage-deflate; server_max_window_bits=9', 9],
    ['permessage-deflate; server_max_window_bits=14', 14],
    ['permessage-deflate; server_max_window_bits=12; server_no_context_takeover', 12],
    ['permessage-deflate; server_max_window_bits=10, permessage-deflate', 10],
  ] as const)('offered as "%s" make each message readable by itself', async ([offer, bits], test) => {
    const { open, publishTo } = await setUp(test);
    const client = await open(offer);
    await publishTo(client);
    expect(client.received.every(({ compressed }) => compressed)).toBe(true);
    const packets = client.received.map(({ payload }) => readAlone(payload, bits));
    expect(packets.at(-1)).toMatchObject({ type: 'TELEMETRY', data: { market: { price: 3 } } });
  });

  it.for(['', 'x-webkit-deflate-frame', 'permessage-deflate; server_max_window_bits=8'])(
    'offered as "%s" leave all as it is',
    async (offer, test) => {
      const { open, publishTo } = await setUp(test);
      const client = await open(offer);
      await publishTo(client);
      expect(client.received.some(({ compressed }) => compressed)).toBe(false);
      expect(JSON.parse(client.received.at(-1)?.payload.toString() ?? '')).toMatchObject({
        type: 'TELEMETRY',
      });
    },
  );

  it('are not agreed to with COMPRESSION=off', async (test) => {
    const { gateway, open, publishTo } = await setUp(test, { COMPRESSION: 'off' });
    const stock = await useIn(test, connectClient(gateway.wsUrl, { perMessageDeflate: true }));
    expect(stock.socket.extensions).toBe('');
    const client = await open('permessage-deflate; client_max_window_bits');
    expect(client.extensions).toBe('');
    await publishTo(client);
    expect(client.received.some(({ compressed }) => compressed)).toBe(false);
    await waitFor('the same for both', () => stock.packets.length === client.received.length);
    expect(stock.packets.map(({ text }) => text)).toEqual(
      client.received.map(({ payload }) => payload.toString()),
    );
    // A message that is compressed all the same breaks the framing.
    client.frame(0xc1, Buffer.from('x'));
    await waitFor('the close', () => client.closeCode === 1002);
  });
});
