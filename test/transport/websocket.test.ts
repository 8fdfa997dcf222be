import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { usualCloses } from '../../src/deliver/closes.ts';
import { textMessage } from '../support/messages.ts';
import { startTransportServer, type TransportServer } from '../support/transport-server.ts';
import { waitFor } from '../support/wait.ts';

// Past the stream where this Node lets us, and through it where it does not: nobody may tell the difference.
describe.each([
  ['to its handle', true],
  ['through its stream', false],
] as const)('WebSocketTransport that writes %s', (_path, directWrites) => {
  let server: TransportServer;
  beforeAll(async () => {
    // The largest threshold: no ping of the transport's own comes between the packets of these tests.
    server = await startTransportServer({ random: () => 0, directWrites });
  });
  afterAll(() => server.stop());

  it('sends updates, answers and pings in the order they were given', async () => {
    const { transport, received } = await server.connect();
    const expected: string[] = [];
    for (let round = 0; round < 50; round += 1) {
      expect(transport.offer(textMessage(`update ${round}`))).toBeGreaterThan(0);
      expect(transport.answer(textMessage(`answer ${round}`))).toBeGreaterThan(0);
      expected.push(`update ${round}`, `answer ${round}`);
    }
    transport.probe();
    expected.push('<ping>');
    transport.offer(textMessage('last'));
    expected.push('last');
    await waitFor('everything', () => received.length >= expected.length);
    expect(received).toEqual(expected);
  });

  it('closes behind everything that was sent before', async () => {
    const { transport, received, ends } = await server.connect();
    const texts = Array.from({ length: 20 }, (_, round) => `${round} `.padEnd(10_000, '.'));
    for (const text of texts) transport.offer(textMessage(text));
    transport.close(usualCloses.shutdown);
    await waitFor('the close', () => received.includes('<close 1001>'));
    expect(received).toEqual([...texts, '<close 1001>']);
    await waitFor('the end', () => ends.length > 0);
    expect(ends).toEqual([{ code: 1001 }]);
    expect(transport.open).toBe(false);
    expect(transport.offer(textMessage('too late'))).toBe(0);
  });

  it.each([
    ['shutdown', 1001],
    ['slow', 1013],
    ['rateLimited', 1008],
    ['tokenExpired', 4401],
  ] as const)('ends a connection for being %s with %i', async (cause, code) => {
    const { transport, received } = await server.connect();
    transport.close(usualCloses[cause]);
    transport.close(usualCloses[cause]);
    await waitFor('the close', () => received.includes(`<close ${code}>`));
    expect(received).toEqual([`<close ${code}>`]);
  });

  it('ends a connection without a word where it is terminated', async () => {
    const { transport, received } = await server.connect();
    transport.terminate();
    transport.terminate();
    await waitFor('the close', () => received.includes('<close 1006>'));
    expect(received).toEqual(['<close 1006>']);
  });

  it('takes a message of the largest size and closes one byte more with 1009', async () => {
    const { client, messages, received, ends } = await server.connect();
    client.send('x'.repeat(16 * 1024));
    await waitFor('the message', () => messages.length === 1);
    client.send('x'.repeat(16 * 1024 + 1));
    await waitFor('the close', () => received.includes('<close 1009>'));
    await waitFor('the end', () => ends.length > 0);
    expect(ends[0]?.fault).toBe('oversize');
    expect(messages).toHaveLength(1);
  });

  it('counts the parts of a fragmented message together', async () => {
    const { client, received } = await server.connect();
    for (let part = 0; part < 3; part += 1) client.send('x'.repeat(8000), { fin: false });
    await waitFor('the close', () => received.includes('<close 1009>'));
  });

  it('tells text from binary', async () => {
    const { client, messages } = await server.connect();
    client.send('text');
    client.send(Buffer.from('bytes'));
    await waitFor('both messages', () => messages.length === 2);
    expect(messages).toEqual([
      { text: 'text', isBinary: false },
      { text: 'bytes', isBinary: true },
    ]);
  });

  it('notes when it heard of the client, whatever it was', async () => {
    const { client, transport } = await server.connect();
    for (const say of [() => client.ping(), () => client.pong(), () => client.send('x')]) {
      const before = transport.heardAt;
      say();
      await waitFor('a later time', () => transport.heardAt > before);
    }
  });

  it('answers a ping with its payload', async () => {
    const { client, received } = await server.connect();
    client.ping('are you there');
    await waitFor('the pong', () => received.includes('<pong are you there>'));
  });

  it('leaves a ping unanswered that is one too many, and pongs that nobody asked for', async () => {
    const connection = await server.connect();
    const { client, received } = connection;
    let controls = 0;
    connection.onControl = () => {
      controls += 1;
      return controls !== 2;
    };
    client.ping('one');
    client.ping('two');
    client.pong('unasked');
    client.ping('three');
    await waitFor('the pong', () => received.includes('<pong three>'));
    expect(received).toEqual(['<pong one>', '<pong three>']);
    expect(controls).toBe(4);
  });

  it('reports a connection that was reset as a failure of the socket, once', async () => {
    const { reset, transport, ends } = await server.connect();
    // Something it has not read: else the kernel would end the connection in order.
    transport.offer(textMessage('update'));
    reset();
    await waitFor('the end', () => ends.length > 0);
    expect(ends).toEqual([{ code: 1006, fault: 'socket' }]);
    expect(transport.open).toBe(false);
    transport.terminate();
    transport.close(usualCloses.shutdown);
    transport.probe();
  });

  it('reads nothing while it is paused, and everything afterwards', async () => {
    const { client, transport, messages, received } = await server.connect();
    transport.pause();
    for (let count = 0; count < 20; count += 1) client.send(`${count}`);
    transport.offer(textMessage('still sent'));
    await waitFor('the update', () => received.includes('still sent'));
    expect(messages).toEqual([]);
    transport.resume();
    await waitFor('the messages', () => messages.length === 20);
    expect(messages.map(({ text }) => text)).toEqual(Array.from({ length: 20 }, (_, index) => `${index}`));
  });
});
