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

  it.for(['/?_=17&utm_source=mail&mode=delta', '/ws/stream?_=17&utm_source=mail&encoding=msgpack'])(
    'that is none is ignored and listed in what is granted: %s',
    async (path, test) => {
      const client = await useIn(test, connectClient(`${gateway.wsUrl}${path}`));
      const { body } = await client.nextOf('WELCOME');
      expect(body.granted).toMatchObject({ ignored: ['_', 'utm_source'] });
      client.send({ type: 'SUBSCRIBE', interval: 1000, colour: 'red', token: 'secret' });
      const { granted } = (await client.nextOf('ACK')).body;
      expect(granted).toMatchObject({ interval: 1000, ignored: ['colour', 'token'] });
      client.send({ type: 'SUBSCRIBE', interval: 0 });
      expect((await client.nextOf('ACK')).body.granted).not.toHaveProperty('ignored');
    },
  );

  it.for(['/api/telemetry', '/api/telemetry/history'])(
    'that is none is ignored and listed in a header: %s',
    async (path) => {
      const answer = await fetch(`${gateway.url}${path}?_=17&utm_source=mail&sections=market`);
      expect([answer.status, answer.headers.get('x-ignored-options')]).toEqual([200, '_,utm_source']);
      const plain = await fetch(`${gateway.url}${path}?token=secret`);
      expect([plain.status, plain.headers.get('x-ignored-options')]).toEqual([200, null]);
    },
  );

  it.for([
    ['/api/telemetry', 'section', 'sections'],
    ['/api/telemetry/history', 'second', 'seconds'],
    ['/api/telemetry/history', 'setp', 'step'],
    ['/api/telemetry/history', 'form', 'from'],
    ['/api/stream/telemetry', 'intervall', 'interval'],
    ['/api/diagnostics/logs', 'limits', 'limit'],
    ['/api/instances', 'include_archive', 'include_archived'],
    ['/api/instances/a/logs', 'tails', 'tail'],
    ['/api/messages', 'correlation-id', 'correlation_id'],
    ['/api/clients', 'Limit', 'limit'],
  ] as const)('that is nearly one is refused by HTTP too: %s?%s', async ([path, wrong, right]) => {
    const answer = await fetch(`${gateway.url}${path}?${wrong}=1`);
    expect([answer.status, await answer.json()]).toEqual([
      400,
      expect.objectContaining({
        code: 'BAD_OPTION',
        detail: `${wrong}: no such option – did you mean ${right}?`,
      }),
    ]);
    const twice = await fetch(`${gateway.url}${path}?${right}=1&${right}=2`);
    expect(await twice.json()).toMatchObject({ detail: `${right}: given 2 times, expected once` });
  });

  it('is nothing that a HALT could fail for', async () => {
    const answer = await fetch(`${gateway.url}/api/telemetry/halt?tokn=1&reason=x&reason=y`, {
      method: 'POST',
    });
    expect(await answer.json()).toMatchObject({ code: 'COMMANDS_DISABLED' });
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
