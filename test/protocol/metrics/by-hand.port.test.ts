import { describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { startGateway } from '../../support/gateway.ts';
import { useIn, waitFor } from '../../support/wait.ts';

// Engine.IO 4 and Socket.IO 5, as whoever has no library for them would write them.

const path = '/socket.io/?EIO=4';
const id = expect.any(String);
const terms = { pingInterval: 10_000, pingTimeout: 15_000, maxPayload: 16_384 };
const connected = (sid: unknown) => ['connected', { status: 'connected', client_id: sid }];

describe('Socket.IO without its library', () => {
  it('is a WebSocket with a line of text for each event', async (test) => {
    const gateway = await useIn(test, startGateway());
    const socket = new WebSocket(`${gateway.wsUrl}${path}&transport=websocket`);
    test.onTestFinished(() => socket.terminate());
    const lines: string[] = [];
    socket.on('message', (data) => lines.push(String(data)));
    /** The line that begins with this, without that. */
    const next = async (begin: string) => {
      const line = await waitFor(`a line ${begin}`, () => lines.shift(), { state: () => lines });
      expect(line.slice(0, begin.length)).toBe(begin);
      return JSON.parse(line.slice(begin.length));
    };
    expect(await next('0')).toEqual({ sid: id, upgrades: [], ...terms });
    socket.send('40');
    const { sid } = await next('40');
    expect(await next('42')).toEqual(connected(sid));
    socket.send('42["subscribe",{"hours":24}]');
    const config = { hours: 24, update_interval: 2 };
    expect(await next('42')).toEqual(['subscribed', { status: 'subscribed', config }]);
    expect(await next('42')).toEqual([
      'metrics_update',
      expect.objectContaining({ timestamp: expect.any(Number) }),
    ]);
  });

  it('is a request for what there is, and one for what is said', async (test) => {
    const { url } = await useIn(test, startGateway());
    const address = `${url}${path}&transport=polling`;
    const opening = await (await fetch(address)).text();
    const { sid, ...rest } = JSON.parse(opening.slice(1));
    expect(rest).toEqual({ upgrades: ['websocket'], ...terms });
    const say = async (body: string) =>
      (await fetch(`${address}&sid=${sid}`, { method: 'POST', body })).text();
    const hear = async () => (await (await fetch(`${address}&sid=${sid}`)).text()).split('\x1e');
    expect(await say('40')).toBe('ok');
    const heard = await hear();
    while (heard.length < 2) heard.push(...(await hear()));
    const [joined = '', greeting = ''] = heard;
    expect(JSON.parse(greeting.slice(2))).toEqual(connected(JSON.parse(joined.slice(2)).sid));
    expect(await say('42["request_refresh"]')).toBe('ok');
    expect((await hear()).join()).toMatch(/^42\["metrics_update",\{/);
  });
});
