import { describe, expect, it } from 'vitest';
import { valueAt } from '../support/client.ts';
import { compressed, maskedFrame, openRawWebSocket } from '../support/raw-web-socket.ts';
import { setUpViews } from '../support/view-set-up.ts';
import { type TestScope, useIn, waitFor } from '../support/wait.ts';

const pong = 0xa;
const ping = (t: string): string => JSON.stringify({ type: 'PING', t });

async function setUp(test: TestScope) {
  const { gateway } = await setUpViews(test);
  const open = () => useIn(test, openRawWebSocket(gateway.port, { extensions: 'permessage-deflate' }));
  return { gateway, open };
}

describe('A compressed message in pieces', () => {
  it('is read with control frames between them, each answered in its place', async (test) => {
    const client = await (await setUp(test)).open();
    const text = 'in pieces '.repeat(50);
    const bytes = compressed(ping(text));
    const parts = [maskedFrame(0x41, bytes.subarray(0, 3))];
    const asked: string[] = [];
    for (let at = 3; at < bytes.length; at += 7) {
      asked.push(`${at}`);
      parts.push(maskedFrame(0x89, Buffer.from(`${at}`)), maskedFrame(0x00, bytes.subarray(at, at + 7)));
    }
    parts.push(maskedFrame(0x8a, Buffer.from('nobody asked')), maskedFrame(0x80, Buffer.alloc(0)));
    // A byte at a time, however the kernel puts them together.
    for (const byte of Buffer.concat(parts)) client.write(Buffer.from([byte]));
    await waitFor('the answer', () => client.received.at(-1)?.payload.includes('PONG'));
    const [welcome, ...pongs] = client.received;
    const answer = pongs.pop();
    expect(welcome?.compressed).toBe(true);
    expect(JSON.parse(answer?.payload.toString() ?? '')).toMatchObject({ t: text });
    expect(pongs.map(({ opcode, payload }) => [opcode, payload.toString()])).toEqual(
      asked.map((payload) => [pong, payload]),
    );
    expect(client.faults).toEqual([]);
  });

  it('may be broken off by a close, which is answered', async (test) => {
    const client = await (await setUp(test)).open();
    client.frame(0x41, compressed(ping('never ends')).subarray(0, 5));
    client.frame(0x88, Buffer.from([0x03, 0xe8]));
    await waitFor('the end', () => client.ended);
    expect(client.closeCode).toBe(1000);
    expect(client.faults).toEqual([]);
  });

  it('may say nothing at all', async (test) => {
    const client = await (await setUp(test)).open();
    client.frame(0xc1);
    client.frame(0xc1, compressed(ping('after')));
    await waitFor('the answer', () => client.received.at(-1)?.payload.includes('after'));
  });
});

describe('60 messages that inflate to 15 MB each', () => {
  it('cost no memory and close their senders with 1009', async (test) => {
    const { open, gateway } = await setUp(test);
    const clients = await Promise.all(Array.from({ length: 60 }, open));
    const bomb = compressed(Buffer.alloc(15_000_000));
    expect(bomb.length).toBeLessThan(16 * 1024);
    const before = process.memoryUsage.rss();
    let most = before;
    const look = setInterval(() => {
      most = Math.max(most, process.memoryUsage.rss());
    }, 2);
    test.onTestFinished(() => clearInterval(look));
    for (const client of clients) client.frame(0xc1, bomb);
    await waitFor('their ends', () => clients.every(({ closeCode }) => closeCode === 1009));
    expect(most - before).toBeLessThan(90_000_000);
    for (const client of clients) client.end();
    await waitFor('their places', async () => (await gateway.metrics()).value('bff_clients') === 0);
  });
});

/** Five changes of a document of so many bytes, each of which a client must get soon. */
async function readChanges(test: TestScope, bytes: number, perMessageDeflate: boolean): Promise<void> {
  const { connect, publish } = await setUpViews(test);
  const client = await connect('', { perMessageDeflate });
  for (let price = 1; price <= 5; price += 1) {
    publish({ market: { price }, text: 'x'.repeat(bytes) });
    const packet = await client.next(({ data }) => valueAt(data, 'market', 'price') === price, 2000);
    expect(packet.bytes).toBeGreaterThan(bytes);
  }
}

describe.concurrent.each([true, false])('A large document, compressed: %s', (perMessageDeflate) => {
  it('reaches clients with each of its changes', async (test) => {
    await readChanges(test, 480_000, perMessageDeflate);
  });

  // Known: the bytes of a ping are never answered, so a packet beyond the window never finds it empty again.
  it('reaches them too when it is larger than what they may be behind', async (test) => {
    await readChanges(test, 900_000, perMessageDeflate);
  });
});
