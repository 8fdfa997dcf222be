import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';

/** A request as a server is handed it, from the address in `X-Forwarded-For`, where a proxy is trusted. */
export function incoming(headers: Readonly<Record<string, string>> = {}, url = '/'): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  Object.assign(request.headers, headers);
  request.url = url;
  return request;
}
