import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type ApiChannel, addApiDescription } from '../../src/serve/asyncapi.ts';
import { routerFor } from '../http/http-set-up.ts';

const info = { title: 'gateway', version: '1.2.3', description: 'for tests' };
const kind = (name: string) => ({ summary: `a ${name}`, schema: z.object({}) });
const message = (name: string) => ({ name, summary: `a ${name}`, payload: { type: 'object' } });
const channel: ApiChannel = {
  path: '/feed',
  transport: 'websocket',
  endpoint: {
    id: 'feed',
    description: 'a feed',
    query: z.object({}),
    hears: { ASK: kind('ASK') },
    tells: { TELL: kind('TELL'), STOP: kind('STOP') },
  },
};
const silent: ApiChannel = {
  path: '/silent/:name',
  transport: 'websocket',
  endpoint: { id: 'silent', description: 'says nothing', hears: {}, tells: { TELL: kind('TELL') } },
};

async function documentWith(...channels: readonly ApiChannel[]): Promise<unknown> {
  const { router } = routerFor();
  addApiDescription(router, info, () => channels);
  const response = await router.request('/asyncapi.json');
  expect(response.headers.get('content-type')).toContain('application/json');
  return await response.json();
}

describe('AsyncAPI document', () => {
  it('is made once, and compressed for those who take that', async () => {
    const { router } = routerFor();
    let asked = 0;
    addApiDescription(router, info, () => {
      asked += 1;
      return Array.from({ length: 10 }, (_, index) => ({ ...silent, path: `/silent/${index}` }));
    });
    const get = () => router.request('/asyncapi.json', { headers: { 'accept-encoding': 'gzip' } });
    const [first, second] = [await get(), await get()];
    expect(first.headers.get('etag')).toBe(second.headers.get('etag'));
    expect(asked).toBe(1);
  });

  it('is there where nothing is served', async () => {
    expect(await documentWith()).toEqual({
      asyncapi: '3.0.0',
      info,
      defaultContentType: 'application/json',
      channels: {},
      operations: {},
    });
  });

  it('holds each endpoint, worded from the side of the gateway', async () => {
    expect(await documentWith(channel)).toMatchObject({
      channels: {
        feed: {
          address: '/feed',
          messages: { ASK: message('ASK'), TELL: message('TELL'), STOP: message('STOP') },
          bindings: { ws: { query: { type: 'object' } } },
        },
      },
      operations: {
        feedReceive: {
          action: 'receive',
          channel: { $ref: '#/channels/feed' },
          messages: [{ $ref: '#/channels/feed/messages/ASK' }],
        },
        feedSend: {
          action: 'send',
          messages: [{ $ref: '#/channels/feed/messages/TELL' }, { $ref: '#/channels/feed/messages/STOP' }],
        },
      },
    });
  });

  it('says of a Socket.IO endpoint that messages are events, beside the same over WebSocket', async () => {
    const payload = z.object({ hours: z.number() });
    const ASK = { summary: 'asks', schema: z.object({ type: z.literal('ASK'), payload }) };
    const TELL = { summary: 'tells', schema: z.object({ type: z.literal('TELL'), data: payload }) };
    const WHOLE = { summary: 'is its own argument', schema: payload };
    const endpoint = { ...channel.endpoint, hears: { ASK }, tells: { TELL, WHOLE } };
    const argument = { type: 'object', properties: { hours: { type: 'number' } } };
    expect(
      await documentWith({ ...channel, endpoint }, { path: '/io/', transport: 'socket.io', endpoint }),
    ).toMatchObject({
      channels: {
        feed: { messages: { ASK: { payload: { properties: { payload: argument } } } } },
        feedSocketIo: {
          address: '/io/',
          'x-protocol': 'socket.io',
          messages: { ASK: { payload: argument }, TELL: { payload: argument }, WHOLE: { payload: argument } },
        },
      },
      operations: {
        feedReceive: { channel: { $ref: '#/channels/feed' } },
        feedSocketIoReceive: { channel: { $ref: '#/channels/feedSocketIo' } },
      },
    });
  });

  it('has no operation for what nobody may say, and no binding where there is no query', async () => {
    const document = await documentWith(channel, silent);
    expect(document).toHaveProperty('operations.silentSend');
    expect(document).not.toHaveProperty('operations.silentReceive');
    expect(document).not.toHaveProperty('channels.silent.bindings');
    expect(document).toHaveProperty('channels.silent.address', '/silent/{name}');
  });
});
