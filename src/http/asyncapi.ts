import type { Router } from './router.ts';

/** One message of a channel: its name, and the JSON Schema (draft 7) of its payload. */
export interface ApiMessage {
  readonly name: string;
  readonly summary: string;
  readonly payload: object;
}

/** What a protocol registers of one of its endpoints. */
export interface ApiChannel {
  readonly id: string;
  /** Path of the endpoint. */
  readonly address: string;
  readonly description: string;
  /** JSON Schema of the query string; absent where there is none. */
  readonly query?: object;
  /** What clients may send. */
  readonly fromClient: readonly ApiMessage[];
  /** What clients are sent. */
  readonly fromServer: readonly ApiMessage[];
}

export interface ApiInfo {
  readonly title: string;
  readonly version: string;
  readonly description: string;
}

/** The machine-readable description of every WebSocket endpoint (AsyncAPI 3.0), put together from the protocols. */
export interface ApiDescription {
  add(channel: ApiChannel): void;
  document(): object;
}

export function createApiDescription(info: ApiInfo): ApiDescription {
  const channels: ApiChannel[] = [];
  return {
    add: (channel) => void channels.push(channel),
    document: () => ({
      asyncapi: '3.0.0',
      info,
      defaultContentType: 'application/json',
      channels: Object.fromEntries(channels.map((channel) => [channel.id, channelObject(channel)])),
      operations: Object.fromEntries(channels.flatMap(operations)),
    }),
  };
}

export function addApiDescription(router: Router, api: ApiDescription): void {
  router.get('/asyncapi.json', (context) => context.json(api.document()));
}

function channelObject({ address, description, query, fromClient, fromServer }: ApiChannel): object {
  return {
    address,
    description,
    messages: Object.fromEntries(
      [...fromClient, ...fromServer].map(({ name, summary, payload }) => [name, { name, summary, payload }]),
    ),
    ...(query === undefined ? {} : { bindings: { ws: { query } } }),
  };
}

/** AsyncAPI words operations from the application's side: it receives what clients send. */
function operations({ id, fromClient, fromServer }: ApiChannel): [string, object][] {
  const operation = (action: 'send' | 'receive', messages: readonly ApiMessage[]): object => ({
    action,
    channel: { $ref: `#/channels/${id}` },
    messages: messages.map(({ name }) => ({ $ref: `#/channels/${id}/messages/${name}` })),
  });
  return [
    ...(fromClient.length > 0
      ? [[`${id}Receive`, operation('receive', fromClient)] as [string, object]]
      : []),
    [`${id}Send`, operation('send', fromServer)],
  ];
}
