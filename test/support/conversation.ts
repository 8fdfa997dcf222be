import type { Principal } from '../../src/access/principal.ts';
import { Refusal } from '../../src/core/errors.ts';
import type { JsonObject } from '../../src/core/json.ts';
import { apiDocument } from '../../src/serve/asyncapi.ts';
import type { Endpoint } from '../../src/serve/endpoint.ts';
import { Service, type ServiceParts, type Visit } from '../../src/serve/service.ts';
import { createFakeTransport } from './fake-transport.ts';
import { readMessage } from './packet-reader.ts';
import { anyone } from './principals.ts';

/** An endpoint over transports that a test blocks and drains, for whoever a test lets in. */
export function serviceOf(endpoint: Endpoint, dialect: string, parts: ServiceParts) {
  const service = new Service(endpoint, dialect, parts);
  return {
    /** @param query of its URL. @param principal default: anyone. Throws where it is not let in */
    connect(
      query = '',
      principal: Principal = anyone,
      { params = {}, path = '/' }: Partial<Pick<Visit, 'params' | 'path'>> = {},
    ) {
      const search = new URLSearchParams(query);
      const opening = service.prepare({ principal, search, params, path, transport: 'websocket' });
      if (opening instanceof Refusal) throw new Error(opening.detail ?? opening.code);
      const transport = createFakeTransport();
      opening.begin(transport);
      const frames = (): JsonObject[] => transport.messages.map(readMessage);
      return {
        transport,
        frames,
        types: () => frames().map(({ type }) => type),
        last: () => frames().at(-1) ?? {},
        /** A text is sent as it stands. */
        say: (message: JsonObject | string) =>
          transport.receive(typeof message === 'string' ? message : JSON.stringify(message)),
      };
    },
  };
}

/** A channel of the AsyncAPI document. */
interface Channel {
  readonly messages: Readonly<
    Record<string, { readonly name: string; readonly summary: string; readonly payload: object }>
  >;
  readonly bindings?: { readonly ws: { readonly query: object } };
}

/** What the AsyncAPI document says of an endpoint. */
export function describedChannel(endpoint: Parameters<typeof apiDocument>[1][number]['endpoint']) {
  const info = { title: 't', version: '1', description: 'd' };
  const text = JSON.stringify(apiDocument(info, [{ path: '/', transport: 'websocket', endpoint }]));
  const channel: Channel = JSON.parse(text).channels[endpoint.id];
  return { messages: Object.values(channel.messages), query: channel.bindings?.ws.query };
}
