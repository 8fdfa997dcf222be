import { describe, expect, it } from 'vitest';
import { type ApiChannel, addApiDescription, createApiDescription } from '../../src/http/asyncapi.ts';
import { routerFor } from './http-set-up.ts';

const info = { title: 'gateway', version: '1.2.3', description: 'for tests' };
const message = (name: string) => ({ name, summary: `a ${name}`, payload: { type: 'object' } });
const channel: ApiChannel = {
  id: 'feed',
  address: '/feed',
  description: 'a feed',
  query: { type: 'object', properties: {} },
  fromClient: [message('ASK')],
  fromServer: [message('TELL'), message('STOP')],
};
const silent: ApiChannel = {
  id: 'silent',
  address: '/silent',
  description: 'says nothing',
  fromClient: [],
  fromServer: [message('TELL')],
};

async function documentWith(...channels: readonly ApiChannel[]): Promise<unknown> {
  const api = createApiDescription(info);
  const { router } = routerFor();
  addApiDescription(router, api);
  for (const one of channels) api.add(one);
  const response = await router.request('/asyncapi.json');
  expect(response.headers.get('content-type')).toContain('application/json');
  return await response.json();
}

describe('AsyncAPI document', () => {
  it('is there before any protocol registers', async () => {
    expect(await documentWith()).toEqual({
      asyncapi: '3.0.0',
      info,
      defaultContentType: 'application/json',
      channels: {},
      operations: {},
    });
  });

  it('holds what each protocol registered, worded from the side of the gateway', async () => {
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

  it('has no operation for what nobody may say, and no binding where there is no query', async () => {
    const document = await documentWith(channel, silent);
    expect(document).toHaveProperty('operations.silentSend');
    expect(document).not.toHaveProperty('operations.silentReceive');
    expect(document).not.toHaveProperty('channels.silent.bindings');
  });
});
