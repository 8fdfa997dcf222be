import { describe, expect, it } from 'vitest';
import { connectToFake } from './fake-gateway.ts';
import { connectToStreams } from './fake-streams.ts';

const depth = 20_000;
const deep = `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
const gap = { type: 'DELTA', base: 5, seq: 6, patch: { a: 6 } };

describe('A client that missed something', () => {
  it('asks for a RESYNC once, and ignores deltas until the whole document comes', async () => {
    const { client, socket } = await connectToFake({ mode: 'delta' });
    socket.welcome({ a: 1 });
    socket.say(gap);
    socket.say({ ...gap, base: 6, seq: 7 });
    expect(socket.sentOf('RESYNC')).toHaveLength(1);
    expect(client.document).toEqual({ a: 1 });
    socket.say({ type: 'TELEMETRY', seq: 8, data: { a: 8 } });
    socket.say({ type: 'DELTA', base: 8, seq: 9, patch: { a: 9 } });
    expect(client.document).toEqual({ a: 9 });
    expect(client.stats).toMatchObject({ resyncs: 1, full: 2, deltas: 1, updates: 3 });
  });

  it.each([
    ['no JSON', '{"type":"DELTA","seq'],
    ['no packet', { seq: 2 }],
    ['a frame of an encoding that it cannot read', new Uint8Array([0x80])],
    ['no frame at all', 7],
  ])('does the same after %s', async (_, frame) => {
    const { client, socket } = await connectToFake({ mode: 'delta' });
    socket.welcome({ a: 1 });
    socket.say(frame);
    expect(socket.sentOf('RESYNC')).toHaveLength(1);
    socket.say({ type: 'DELTA', base: 1, seq: 2, patch: { a: 2 } });
    expect(client.document).toEqual({ a: 1 });
    socket.say({ type: 'TELEMETRY', seq: 2, data: { a: 2 } });
    expect(client.document).toEqual({ a: 2 });
    expect(client.stats.malformed).toBe(1);
  });

  it.each([
    ['a whole document', (value: unknown) => ({ type: 'TELEMETRY', seq: 2, data: { a: value } })],
    ['a delta', (value: unknown) => ({ type: 'DELTA', base: 1, seq: 2, patch: { a: value } })],
  ])('does the same after %s that nests deeper than the stack', async (_, packet) => {
    const { client, socket } = await connectToFake({ mode: 'delta' });
    socket.open();
    // As text: it is too deep for JSON.stringify as well.
    const welcome = JSON.stringify({ type: 'WELCOME', seq: 1, epoch: 'e', granted: {}, data: { a: 'DEEP' } });
    socket.say(welcome.replace('"DEEP"', deep));
    const { document } = client;
    const frame = JSON.stringify(packet('DEEP')).replace('"DEEP"', deep.replace('1', '2'));
    socket.say(frame);
    expect(socket.sentOf('RESYNC')).toHaveLength(1);
    expect(client.document).toBe(document);
    expect(client.position?.seq).toBe(1);
    socket.say({ type: 'TELEMETRY', seq: 3, data: { a: 3 } });
    expect(client.document).toEqual({ a: 3 });
    expect(client.status.state).toBe('live');
  });

  it('does not care about what it cannot know', async () => {
    const { client, socket } = await connectToFake();
    socket.welcome({ a: 1 });
    socket.say({ type: 'NEWS', seq: 9, data: {} });
    expect(socket.sentOf('RESYNC')).toEqual([]);
    expect(client.document).toEqual({ a: 1 });
    expect(client.stats).toMatchObject({ packets: 2, malformed: 0 });
  });

  it('connects anew where no whole document comes in 10 s', async () => {
    const { client, socket, sockets, advance } = await connectToFake({ mode: 'delta' });
    socket.welcome({ a: 1 });
    socket.say(gap);
    await advance(5000);
    socket.say({ ...gap, base: 6, seq: 7 });
    await advance(5000);
    const next = sockets.at(-1);
    expect(next?.url).toMatch(/mode=delta$/);
    expect(socket.isClosed).toBe(false);
    next?.welcome({ a: 9 }, 9);
    expect(socket.isClosed).toBe(true);
    expect(client.document).toEqual({ a: 9 });
    expect(client.stats.resyncs).toBe(1);
  });

  it('connects anew where there is no way to ask, and keeps what comes until then', async () => {
    const { client, streams } = await connectToStreams({ mode: 'delta' });
    await streams[0]?.say({ type: 'WELCOME', seq: 1, epoch: 'e', granted: {}, data: { a: 1 } });
    await streams[0]?.say(gap);
    expect(streams).toHaveLength(2);
    expect(client.status).toMatchObject({ state: 'live', transport: 'sse' });
    await streams[1]?.say({ type: 'WELCOME', seq: 7, epoch: 'e', granted: {}, data: { a: 7 } });
    await streams[1]?.say({ type: 'DELTA', base: 7, seq: 8, patch: { a: 8 } });
    expect(client.document).toEqual({ a: 8 });
    client.close();
  });

  it('asks again on the next connection, where that one has a gap too', async () => {
    const { client, socket, sockets, advance } = await connectToFake({ mode: 'delta' });
    socket.welcome({ a: 1 });
    socket.say(gap);
    socket.end();
    await advance(1000);
    const next = sockets.at(-1);
    next?.open();
    next?.say({ type: 'WELCOME', seq: 9, epoch: 'other', granted: {}, base: 8, patch: {} });
    expect(next?.sentOf('RESYNC')).toHaveLength(1);
    next?.say({ type: 'TELEMETRY', seq: 9, data: { a: 9 } });
    expect(client.document).toEqual({ a: 9 });
  });
});
