import { describe, expect, it } from 'vitest';
import { startGateway } from '../../../support/gateway.ts';
import { useIn } from '../../../support/wait.ts';

const open = { ALLOW_COMMANDS: 'true' };
const json = { 'content-type': 'application/json' };

function post(
  url: string,
  body?: string,
  headers: Readonly<Record<string, string>> = json,
): Promise<Response> {
  return fetch(url, { method: 'POST', headers, ...(body === undefined ? {} : { body }) });
}

describe('Commands over HTTP', () => {
  it('are carried out, audited and answered like those of the WebSocket', async (test) => {
    const { url, engine, log } = await useIn(test, startGateway({ settings: open }));
    const halted = await post(`${url}/api/telemetry/halt`, '{"reason":"drill","requestId":"h"}');
    expect(halted.status).toBe(200);
    expect(await halted.json()).toMatchObject({ type: 'ACK', command: 'HALT', requestId: 'h' });
    expect(engine.market.status()).toBe('HALT');
    const resumed = await post(`${url}/api/telemetry/resume`, '{}');
    expect(await resumed.json()).toMatchObject({ type: 'ACK', command: 'RESUME' });
    expect(engine.market.status()).toBe('ACTIVE');
    const audited = log.entries.filter(({ message }) => message === 'operator command');
    expect(audited.map(({ fields }) => [fields.command, fields.transport, fields.address])).toEqual([
      ['HALT', 'http', '127.0.0.1'],
      ['RESUME', 'http', '127.0.0.1'],
    ]);
  });

  it.for<[string, number, string, string | undefined, Readonly<Record<string, string>>]>([
    ['no JSON', 400, 'BAD_REQUEST', '{"reason":', json],
    ['no object', 400, 'BAD_REQUEST', '["now"]', json],
    ['a form', 415, 'UNSUPPORTED_MEDIA_TYPE', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['too much', 413, 'TOO_LARGE', JSON.stringify({ reason: 'x'.repeat(20_000) }), json],
    ['a page from elsewhere', 403, 'ORIGIN_REFUSED', '{}', { ...json, origin: 'https://elsewhere.example' }],
  ])('are refused with %s, and nothing is done', async ([, status, code, body, headers], test) => {
    const { url, engine } = await useIn(test, startGateway({ settings: open }));
    for (const command of ['halt', 'resume']) {
      const response = await post(`${url}/api/telemetry/${command}`, body, headers);
      expect(response.status).toBe(status);
      expect(response.headers.get('content-type')).toBe('application/problem+json');
      expect(await response.json()).toMatchObject({ status, code, effect: 'none' });
    }
    expect(engine.market.status()).toBe('ACTIVE');
  });

  it('need no body and no header that says what would stand in it', async (test) => {
    const { url, engine } = await useIn(test, startGateway({ settings: open }));
    expect((await post(`${url}/api/telemetry/halt`, undefined, {})).status).toBe(200);
    expect(engine.market.status()).toBe('HALT');
  });

  it('are for POST alone', async (test) => {
    const { url } = await useIn(test, startGateway({ settings: open }));
    const response = await fetch(`${url}/api/telemetry/halt`);
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('are off unless somebody may give them', async (test) => {
    const { url } = await useIn(test, startGateway({}));
    const response = await post(`${url}/api/telemetry/halt`, '{}');
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: 'COMMANDS_DISABLED', effect: 'none' });
  });
});

describe('Commands of pages', () => {
  const listed = 'https://dash.example.com';

  it('come from the gateway itself and from listed origins, by both ways', async (test) => {
    const { url, engine } = await useIn(
      test,
      startGateway({ settings: { ...open, ALLOWED_ORIGINS: `${listed},http://localhost:1` } }),
    );
    const preflight = await fetch(`${url}/api/telemetry/halt`, {
      method: 'OPTIONS',
      headers: {
        origin: listed,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type,authorization',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe(listed);
    expect(preflight.headers.get('access-control-allow-methods')).toContain('POST');
    expect(preflight.headers.get('access-control-allow-headers')).toContain('authorization');
    const response = await post(`${url}/api/telemetry/halt`, '{}', { ...json, origin: listed });
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([200, listed]);
    expect(engine.market.status()).toBe('HALT');
  });
});

describe('Paths of the engine that are forwarded', () => {
  it.for([
    '/api/system/halt',
    '/api/system//halt',
    '/api/system/%68alt',
    '/api/system/Halt/',
    '/api/system/halt;v=1',
    '/api/system/x/..;/halt',
    '/api/system/%68alt;%ff',
  ])('carry out the command where a POST goes to %s', async (path, test) => {
    const settings = { ...open, ENGINE_PASSTHROUGH: '/api/system' };
    const { url, engine, log } = await useIn(test, startGateway({ settings }));
    const response = await post(url + path, '{"reason":"drill"}');
    expect(await response.json()).toMatchObject({ type: 'ACK', command: 'HALT' });
    expect(engine.market.status()).toBe('HALT');
    expect(log.entries.filter(({ message }) => message === 'operator command')).toHaveLength(1);
    expect((await fetch(url + path)).status).toBe(405);
  });
});
