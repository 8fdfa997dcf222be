import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectClient, type TestClient } from '../../support/client.ts';
import { startGateway, type TestGateway } from '../../support/gateway.ts';
import { type TestScope, useIn, waitFor } from '../../support/wait.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.stop());

async function welcomed(test: TestScope): Promise<TestClient> {
  const client = await useIn(test, connectClient(gateway.wsUrl));
  await client.nextOf('WELCOME');
  return client;
}

describe('Messages from a telemetry client', () => {
  it.each([1_700_000_000_000, 'text', 0, null, { nested: [true] }])('echo t of a PING: %j', async (t) => {
    const client = await connectClient(gateway.wsUrl);
    client.send({ type: 'PING', t });
    const pong = await client.nextOf('PONG');
    expect(pong.body).toEqual({
      type: 'PONG',
      t,
      server_time: expect.stringMatching(/^\d{4}-.*Z$/),
      state: expect.stringMatching(/^(fresh|stale|down)$/),
    });
    await client.stop();
  });

  it('stay unanswered where a PING has no t', async (test) => {
    const client = await welcomed(test);
    client.send({ type: 'PING' });
    client.send({ type: 'PING', t: 'marker' });
    expect((await client.nextOf('PONG')).body.t).toBe('marker');
    expect(client.packets.filter(({ type }) => type === 'PONG')).toHaveLength(1);
  });

  it('are ignored and counted where they are malformed, binary or unknown', async (test) => {
    const before = await gateway.metrics();
    const client = await welcomed(test);
    const texts = ['', '{', 'null', '[]', '"PING"', '{"type":7}', '{"type":"DANCE"}', '{"type":"halt"}'];
    const odd = ['{"type":"PING","t":1,"__proto__":{"t":2}}', `${'['.repeat(200)}${']'.repeat(200)}`];
    for (const text of [...texts, ...odd]) client.socket.send(text);
    client.socket.send(Buffer.from('{"type":"PING","t":"binary"}'));
    client.socket.send(Buffer.from([0, 255, 1]));
    client.send({ type: 'PING', t: 'still here' });
    expect((await client.nextOf('PONG')).body.t).toBe('still here');
    const after = await gateway.metrics();
    const counted = (reason: string): number =>
      after.value('bff_rejected_total', { edge: 'telemetry', reason }) -
      before.value('bff_rejected_total', { edge: 'telemetry', reason });
    expect(counted('binary')).toBe(2);
    expect(counted('malformed')).toBe(2);
    expect(counted('unknown')).toBe(6);
    expect(counted('forbidden_key') + counted('too_deep')).toBe(2);
  });

  it('close the connection with 1009 over 16 KiB, and only that one', async (test) => {
    const [other, client] = [await welcomed(test), await welcomed(test)];
    client.socket.send(' '.repeat(16 * 1024 + 1));
    expect((await client.closed).code).toBe(1009);
    other.send({ type: 'PING', t: ' '.repeat(15_000) });
    await other.nextOf('PONG');
  });

  it('are ignored over 20 a second with a burst of 40', async (test) => {
    const client = await welcomed(test);
    for (let count = 0; count < 200; count += 1) client.send({ type: 'PING', t: count });
    const refused = () => gateway.metrics().then((metrics) => metrics.value(...rateRefusals));
    await waitFor('150 refusals', async () => (await refused()) >= 150);
    const answered = client.packets.filter(({ type }) => type === 'PONG').map(({ body }) => body.t);
    expect(answered.slice(0, 40)).toEqual(Array.from({ length: 40 }, (_, index) => index));
    expect(client.socket.readyState).toBe(1);
  });

  it('of a protocol violation end that connection alone', async (test) => {
    const client = await welcomed(test);
    const metrics = await gateway.metrics();
    client.socket.send(Buffer.from([0xff, 0xfe]), { binary: false });
    expect((await client.closed).code).toBe(1007);
    const counted = async () => (await gateway.metrics()).value(...protocolFaults);
    await waitFor('the count', async () => (await counted()) > metrics.value(...protocolFaults));
  });
});

const rateRefusals = ['bff_rejected_total', { edge: 'telemetry', reason: 'rate' }] as const;
const protocolFaults = ['bff_rejected_total', { edge: 'telemetry', reason: 'protocol' }] as const;
