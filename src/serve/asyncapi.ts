import { z } from 'zod';
import { CodedContent, codedResponse } from '../http/coded-content.ts';
import { tagOf } from '../http/responses.ts';
import type { Router } from '../http/router.ts';
import type { Endpoint, MessageKinds } from './endpoint.ts';

export interface ApiInfo {
  readonly title: string;
  readonly version: string;
  readonly description: string;
}

/** An endpoint and where it is reached. */
export interface ApiChannel {
  readonly transport: 'websocket' | 'socket.io';
  /** Path, in which `:name` stands for any one segment. */
  readonly path: string;
  readonly endpoint: Pick<Endpoint, 'id' | 'description' | 'query' | 'hears' | 'tells'>;
}

/**
 * Serves the machine-readable description of every endpoint that clients talk to (AsyncAPI 3.0).
 * @param channels called at the first request, when all are there
 */
export function addApiDescription(
  router: Router,
  info: ApiInfo,
  channels: () => readonly ApiChannel[],
): void {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-cache' };
  let made: { readonly tag: string; readonly content: CodedContent } | undefined;
  const make = () => {
    const text = JSON.stringify(apiDocument(info, channels()));
    return { tag: tagOf(text), content: new CodedContent(Buffer.from(text)) };
  };
  router.get('/asyncapi.json', ({ req }) => {
    made ??= make();
    const { tag, content } = made;
    return codedResponse(req.raw, tag, headers, { content: () => content });
  });
}

/** The document itself. */
export function apiDocument(info: ApiInfo, channels: readonly ApiChannel[]): object {
  return {
    asyncapi: '3.0.0',
    info,
    defaultContentType: 'application/json',
    channels: Object.fromEntries(channels.map((channel) => [idOf(channel), channelObject(channel)])),
    operations: Object.fromEntries(channels.flatMap(operations)),
  };
}

/** An endpoint may be reached both ways. */
function idOf({ transport, endpoint: { id } }: ApiChannel): string {
  return transport === 'socket.io' ? `${id}SocketIo` : id;
}

/** Those of Socket.IO, for which AsyncAPI has no binding, say so in `x-protocol`: their messages are events. */
function channelObject({ path, transport, endpoint }: ApiChannel): object {
  const { description, query, hears, tells } = endpoint;
  const [heard, told]: readonly [Payload, Payload] =
    transport === 'socket.io' ? [argumentIn('payload'), argumentIn('data')] : [whole, whole];
  return {
    address: path.replaceAll(/:(\w+)/g, '{$1}'),
    description,
    messages: { ...messageObjects(hears, heard), ...messageObjects(tells, told) },
    ...(query === undefined ? {} : { bindings: { ws: { query: jsonSchema(query) } } }),
    ...(transport === 'socket.io' ? { 'x-protocol': 'socket.io' } : {}),
  };
}

/** What of a message's schema is its payload. */
type Payload = (schema: JsonSchema) => unknown;

const whole: Payload = (schema) => schema;
/** The argument of an event is one field of the message; of one that is encoded whole, all of it. */
const argumentIn =
  (field: string): Payload =>
  (schema) =>
    schema.properties?.[field] ?? schema;

function messageObjects(kinds: MessageKinds, payload: Payload): object {
  const messages = Object.entries(kinds).map(([name, { summary, schema }]) => [
    name,
    { name, summary, payload: payload(jsonSchema(schema)) },
  ]);
  return Object.fromEntries(messages);
}

/** AsyncAPI words operations from the application's side: it receives what clients send. */
function operations(channel: ApiChannel): [string, object][] {
  const { hears, tells } = channel.endpoint;
  const id = idOf(channel);
  const operation = (action: 'send' | 'receive', kinds: MessageKinds): object => ({
    action,
    channel: { $ref: `#/channels/${id}` },
    messages: Object.keys(kinds).map((name) => ({ $ref: `#/channels/${id}/messages/${name}` })),
  });
  const send: [string, object] = [`${id}Send`, operation('send', tells)];
  return Object.keys(hears).length === 0 ? [send] : [[`${id}Receive`, operation('receive', hears)], send];
}

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** What a schema takes in, as JSON Schema draft 7. */
function jsonSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { target: 'draft-7', io: 'input', unrepresentable: 'any' });
}
