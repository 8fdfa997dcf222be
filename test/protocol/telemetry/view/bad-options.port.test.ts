import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectClient, refusalOf } from '../../../support/client.ts';
import { startGateway, type TestGateway } from '../../../support/gateway.ts';
import { useIn, waitFor } from '../../../support/wait.ts';

let gateway: TestGateway;
beforeAll(async () => {
  // Polls nothing that changes: the document stands still.
  gateway = await startGateway({ engine: false, settings: { POLL_CRON: '0 0 0 1 1 *' } });
  await waitFor('the polls of the start to have failed', async () => {
    const document = await (await fetch(`${gateway.url}/api/telemetry`)).text();
    return document.split('ECONNREFUSED').length === 4;
  });
});
afterAll(() => gateway.stop());

describe('An option', () => {
  it.for<readonly [string, string]>([
    ['mode', 'half'],
    ['mode', ''],
    ['encoding', 'cbor'],
    ['interval', '-1'],
    ['interval', '60001'],
    ['interval', '1e3'],
    ['interval', 'NaN'],
    ['sections', ''],
    ['sections', 'market,nonsense'],
    ['sections', '__proto__'],
    ['sections', 'toString'],
    ['sections', 'market,'],
    ['symbol', 'spy'],
    ['symbol', '../etc'],
    ['symbol', 'A'.repeat(21)],
    ['symbol', ''],
    ['since', 'x'.repeat(101)],
  ])('with a bad value is refused by name: %s=%s', async ([name, value]) => {
    const query = new URLSearchParams({ [name]: value });
    const refusal = await refusalOf(`${gateway.wsUrl}/?${query}`);
    expect(refusal.status).toBe(400);
    expect(JSON.parse(refusal.body)).toMatchObject({
      code: 'BAD_OPTION',
      detail: expect.stringMatching(new RegExp(`^${name}: `)),
    });
    const rest = await fetch(`${gateway.url}/api/stream/telemetry?${query}`);
    expect([rest.status, await rest.json()]).toEqual([400, expect.objectContaining({ code: 'BAD_OPTION' })]);
  });

  it.for<readonly [string, unknown]>([
    ['mode', 7],
    ['encoding', ['json']],
    ['interval', 60_001],
    ['interval', null],
    ['interval', true],
    ['sections', ['nonsense']],
    ['sections', Array.from({ length: 33 }, () => 'market').concat('x'.repeat(65))],
    ['symbol', 'spy'],
    ['symbol', { toString: 'SPY' }],
    ['since', 'abc-1'],
    ['sektions', 'market'],
  ])(
    'with a bad value in SUBSCRIBE is answered with ERROR, and nothing changes: %s=%j',
    async ([name, value], test) => {
      const client = await useIn(test, connectClient(gateway.wsUrl));
      const welcome = await client.nextOf('WELCOME');
      client.socket.send(
        JSON.stringify({ type: 'SUBSCRIBE', mode: 'delta', [name]: value, requestId: 'bad' }),
      );
      const error = await client.nextOf('ERROR');
      expect(error.body).toEqual({
        type: 'ERROR',
        command: 'SUBSCRIBE',
        requestId: 'bad',
        code: 'BAD_OPTION',
        message: expect.stringContaining(name),
      });
      client.send({ type: 'RESYNC' });
      expect((await client.next()).body).toEqual({ type: 'TELEMETRY', seq: welcome.seq, data: welcome.data });
    },
  );
});
