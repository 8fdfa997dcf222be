import { describe, expect, it } from 'vitest';
import { connectClient, valueAt } from '../support/client.ts';
import { compressed, openRawWebSocket, type RawWebSocket } from '../support/raw-web-socket.ts';
import { setUpViews } from '../support/view-set-up.ts';
import { type TestScope, useIn, waitFor } from '../support/wait.ts';

const deflate = 'permessage-deflate';
const ping = (t: string): string => JSON.stringify({ type: 'PING', t });
const closeFrame = (code: number, reason = Buffer.alloc(0)): Buffer =>
  Buffer.concat([Buffer.from([code >> 8, code & 255]), reason]);
/** Small on the wire: a thousand times as much when it is inflated. */
const bomb = compressed(Buffer.alloc(15_000_000));

type Attack = (client: RawWebSocket) => void;
const oneFrame =
  (first: number, payload: Buffer | string = ''): Attack =>
  (client) =>
    client.frame(first, payload);

const brokenText = oneFrame(0xc1, Buffer.alloc(100, 0xff));
const endlessFrame: Attack = (client) => client.write(Buffer.from([0x81, 0xff, 0x7f, 0, 0, 0, 0, 0, 0, 0]));

const attacks: readonly (readonly [name: string, code: number, attack: Attack, extensions?: string])[] = [
  ['sends RSV1 where nothing was agreed', 1002, oneFrame(0xc1, compressed(ping('x'))), ''],
  ['sends RSV2', 1002, oneFrame(0xa1, ping('x'))],
  ['sends RSV3', 1002, oneFrame(0x91, ping('x'))],
  ['compresses a ping', 1002, oneFrame(0xc9, compressed('x'))],
  [
    'says compressed on a continuation',
    1002,
    (client) => {
      client.frame(0x41, compressed(ping('x')).subarray(0, 5));
      client.frame(0xc0, compressed(ping('x')).subarray(5));
    },
  ],
  ['sends what no compressor made', 1007, brokenText],
  [
    'goes on from the message before, though it agreed not to',
    1007,
    (client) => {
      client.frame(0xc1, compressed(ping('first')));
      client.frame(0xc1, compressed(ping('first'), Buffer.from(ping('first'))));
    },
  ],
  ['compresses what is no text', 1007, oneFrame(0xc1, compressed(Buffer.from([0xc3, 0x28])))],
  ['sends a bomb', 1009, oneFrame(0xc1, bomb)],
  [
    'sends a bomb in pieces',
    1009,
    (client) => {
      client.frame(0x41, bomb.subarray(0, 5000));
      client.frame(0x00, bomb.subarray(5000, 10_000));
      client.frame(0x80, bomb.subarray(10_000));
    },
  ],
  ['declares more than there can be', 1009, endlessFrame],
  ['does not mask', 1002, (client) => client.write(Buffer.from([0x81, 0x02, 0x7b, 0x7d]))],
  ['uses an opcode that there is not', 1002, oneFrame(0x83, 'x')],
  ['continues what was not begun', 1002, oneFrame(0x80, 'x')],
  [
    'begins anew before the end',
    1002,
    (client) => {
      client.frame(0x01, '{');
      client.frame(0x81, '}');
    },
  ],
  ['sends a ping in pieces', 1002, oneFrame(0x09, 'x')],
  ['sends a ping that is too long', 1002, oneFrame(0x89, 'x'.repeat(126))],
  ['closes with half a code', 1002, oneFrame(0x88, '\x03')],
  ['closes with a code that nobody may send', 1002, oneFrame(0x88, closeFrame(1006))],
  ['closes for a reason that is no text', 1007, oneFrame(0x88, closeFrame(1000, Buffer.from([0xff])))],
];

async function setUp(test: TestScope, extensions = deflate) {
  const { gateway, publish } = await setUpViews(test);
  const other = await useIn(test, connectClient(gateway.wsUrl, { perMessageDeflate: true }));
  const client = await useIn(test, openRawWebSocket(gateway.port, { extensions }));
  let price = 0;
  const seenByOther = async (): Promise<void> => {
    price += 1;
    publish({ market: { price } });
    await other.next(({ data }) => valueAt(data, 'market', 'price') === price);
  };
  return { gateway, client, seenByOther };
}

/** How often an attack was counted, by each reason there is. */
async function countedAs(test: TestScope, attack: Attack): Promise<Record<string, number>> {
  const { gateway, client } = await setUp(test);
  attack(client);
  await waitFor('the close frame', () => client.closeCode);
  client.end();
  await waitFor('its place', async () => (await gateway.metrics()).value('bff_clients') === 1);
  const metrics = await gateway.metrics();
  const rejected = (reason: string) => metrics.value('bff_rejected_total', { edge: 'telemetry', reason });
  return {
    protocol: rejected('protocol'),
    oversize: rejected('oversize'),
    failedSends: metrics.value('bff_send_failures_total'),
  };
}

describe.concurrent('A client that breaks the framing', () => {
  it.for(attacks)('and %s is closed with %i, and told nothing more', async (row, test) => {
    const [, code, attack, extensions = deflate] = row;
    const { gateway, client, seenByOther } = await setUp(test, extensions);
    expect(client.extensions.includes(deflate)).toBe(extensions === deflate);
    await waitFor('the WELCOME', () => client.received.length > 0);
    attack(client);
    await waitFor('the close frame', () => client.closeCode);
    expect(client.closeCode).toBe(code);
    // It does not answer: the connection stays for a while, and news goes on.
    for (let count = 0; count < 5; count += 1) await seenByOther();
    client.end();
    await waitFor('the end', () => client.ended);
    expect(client.faults).toEqual([]);
    expect(gateway.log.entries.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it.for([
    ['a rule broken', oneFrame(0xa1, ping('x')), { protocol: 1, oversize: 0, failedSends: 0 }],
    ['too much', oneFrame(0xc1, bomb), { protocol: 0, oversize: 1, failedSends: 0 }],
  ] as const)('is counted: %s', async ([, attack, counts], test) => {
    expect(await countedAs(test, attack)).toEqual(counts);
  });

  // Known: `zlib` and `ws` have further error codes for these.
  it.for([
    ['text that cannot be decompressed', brokenText, { protocol: 1, oversize: 0, failedSends: 0 }],
    ['an endless frame', endlessFrame, { protocol: 0, oversize: 1, failedSends: 0 }],
  ] as const)('is counted: %s', async ([, attack, counts], test) => {
    expect(await countedAs(test, attack)).toEqual(counts);
  });
});
