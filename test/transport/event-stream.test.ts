import { createServer, type IncomingMessage, request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { usualCloses } from '../../src/deliver/closes.ts';
import type { Transport, TransportEnd } from '../../src/deliver/transport.ts';
import { eventEncoding, jsonEncoding } from '../../src/encode/encoding.ts';
import { Message } from '../../src/encode/message.ts';
import { EventStreamTransport } from '../../src/transport/event-stream.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { textMessage } from '../support/messages.ts';
import { type TestScope, waitFor } from '../support/wait.ts';

/** A stream over a real socket, and its client. */
async function open(test: TestScope) {
  const clock = createManualClock();
  const transports: Transport[] = [];
  const ends: TransportEnd[] = [];
  const subject = { drains: 0, received: '' };
  const server = createServer((_request, response) => {
    const transport = new EventStreamTransport(response, clock);
    transport.start({
      onMessage: () => {},
      onControl: () => true,
      onDrain() {
        subject.drains += 1;
      },
      onEnd: (end) => void ends.push(end),
    });
    transports.push(transport);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const asking = request({ port: address.port, host: '127.0.0.1' });
  asking.on('error', () => {});
  asking.end();
  test.onTestFinished(() => {
    asking.destroy();
    server.closeAllConnections();
    server.close();
  });
  const response = await new Promise<IncomingMessage>((resolve) => asking.once('response', resolve));
  response.setEncoding('utf8');
  response.on('error', () => {});
  response.on('data', (text: string) => {
    subject.received += text;
  });
  const transport = await waitFor('the transport', () => transports[0]);
  return { subject, transport, response, ends, clock, asking };
}

const event = (data: string): Message => textMessage(data);
const big = event('x'.repeat(1_000_000));

/** Offers until the client's buffers are full. */
async function fill(transport: Transport): Promise<void> {
  let refusals = 0;
  await waitFor('full buffers', () => {
    refusals = transport.offer(big) > 0 ? 0 : refusals + 1;
    return refusals > 20;
  });
}

describe('EventStream', () => {
  it('sends a message as an event without a name, with its position as the id', async (test) => {
    const { transport, subject } = await open(test);
    transport.offer(new Message({ type: 'A' }, jsonEncoding, { position: 'cafe.0123-42' }));
    await waitFor('the event', () => subject.received.endsWith('id: cafe.0123-42\ndata: {"type":"A"}\n\n'));
  });

  it('gives an event its name where it has one, and no id, so that the browser keeps the one it has', async (test) => {
    const { transport, subject } = await open(test);
    const failed = { type: 'error', streamEvent: 'error_info', data: { error: 'down' } };
    transport.offer(new Message(failed, eventEncoding, { position: 'e-7' }));
    await waitFor('the event', () =>
      subject.received.endsWith('\n\nevent: error_info\ndata: {"error":"down"}\n\n'),
    );
    expect(subject.received).not.toContain('id:');
  });

  it('never lets a text end its event', async (test) => {
    const { transport, subject } = await open(test);
    const type = 'a\nb\r\nc\u2028d\u2029e\n\ndata: f\rid: 1\0';
    transport.offer(new Message({ type }, jsonEncoding, { position: 'e-2' }));
    await waitFor(
      'the event',
      () => subject.received.includes('id: e-2') && subject.received.endsWith('\n\n'),
    );
    // WHATWG HTML §9.2.6: lines end with LF, CR or both.
    const lines = subject.received.slice(subject.received.indexOf('id: ')).split(/\r\n|\r|\n/);
    expect(lines).toEqual(['id: e-2', `data: ${JSON.stringify({ type })}`, '', '']);
  });

  it('says what it is, and when to come back', async (test) => {
    const { subject, response } = await open(test);
    expect(response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
    await waitFor('the first line', () => subject.received.startsWith('retry: 2000\n\n'));
  });

  it('sends events as they are, and comments as signs of life', async (test) => {
    const { subject, transport } = await open(test);
    await waitFor('room', () => transport.offer(event('1')) > 0);
    await waitFor('room', () => transport.answer(event('2')) > 0);
    await waitFor('the events', () => subject.received.endsWith('data: 1\n\ndata: 2\n\n'));
    await waitFor('a comment', () => {
      transport.probe();
      return /: keepalive\n\n$/.test(subject.received);
    });
  });

  it('refuses what a client does not take, queues nothing, and says when it takes it again', async (test) => {
    const { subject, transport, response } = await open(test);
    response.pause();
    await fill(transport);
    const before = process.memoryUsage().arrayBuffers;
    for (let count = 0; count < 1000; count += 1) expect(transport.offer(big)).toBe(0);
    for (let count = 0; count < 1000; count += 1) transport.probe();
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
    const drains = subject.drains;
    response.resume();
    await waitFor('the drain', () => subject.drains > drains);
    expect(transport.offer(event('again'))).toBeGreaterThan(0);
    await waitFor('the event', () => subject.received.endsWith('data: again\n\n'));
  });

  it('ends once, whoever ends it', async (test) => {
    const [left, closed, terminated] = [await open(test), await open(test), await open(test)];
    left.asking.destroy();
    closed.transport.close(usualCloses.shutdown);
    terminated.transport.terminate();
    for (const { ends, transport } of [left, closed, terminated]) {
      await waitFor('the end', () => ends.length > 0);
      expect(ends).toHaveLength(1);
      expect(transport.open).toBe(false);
      expect([transport.offer(big), transport.answer(big)]).toEqual([0, 0]);
      transport.close(usualCloses.slow);
      transport.terminate();
    }
  });

  it('gets rid of a client that reads nothing, though there is no close frame it could answer', async (test) => {
    const { transport, response, ends, clock } = await open(test);
    response.pause();
    await fill(transport);
    transport.close(usualCloses.slow);
    await waitFor('the end', () => {
      clock.advance(1000);
      return ends.length > 0;
    });
  });
});
