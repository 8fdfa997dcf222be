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
  /** Path, in which `:name` stands for any one segment. */
  readonly path: string;
  readonly endpoint: Pick<Endpoint, 'id' | 'description' | 'query' | 'hears' | 'tells'>;
}

/**
 * Serves the machine-readable description of every WebSocket endpoint (AsyncAPI 3.0).
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
    channels: Object.fromEntries(channels.map((channel) => [channel.endpoint.id, channelObject(channel)])),
    operations: Object.fromEntries(channels.flatMap(operations)),
  };
}

function channelObject({ path, endpoint: { description, query, hears, tells } }: ApiChannel): object {
  const messages = Object.entries({ ...hears, ...tells }).map(([name, { summary, schema }]) => [
    name,
    { name, summary, payload: jsonSchema(schema) },
  ]);
  return {
    address: path.replaceAll(/:(\w+)/g, '{$1}'),
    description,
    messages: Object.fromEntries(messages),
    ...(query === undefined ? {} : { bindings: { ws: { query: jsonSchema(query) } } }),
  };
}

/** AsyncAPI words operations from the application's side: it receives what clients send. */
function operations({ endpoint: { id, hears, tells } }: ApiChannel): [string, object][] {
  const operation = (action: 'send' | 'receive', kinds: MessageKinds): object => ({
    action,
    channel: { $ref: `#/channels/${id}` },
    messages: Object.keys(kinds).map((name) => ({ $ref: `#/channels/${id}/messages/${name}` })),
  });
  const send: [string, object] = [`${id}Send`, operation('send', tells)];
  return Object.keys(hears).length === 0 ? [send] : [[`${id}Receive`, operation('receive', hears)], send];
}

/** What a schema takes in, as JSON Schema draft 7. */
function jsonSchema(schema: z.ZodType): object {
  return z.toJSONSchema(schema, { target: 'draft-7', io: 'input', unrepresentable: 'any' });
}
