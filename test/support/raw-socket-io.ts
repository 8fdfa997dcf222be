import { once } from 'node:events';
import { type ClientOptions, WebSocket } from 'ws';
import { type TestScope, waitFor, within } from './wait.ts';

/** A client that writes packets of engine.io by hand over a WebSocket. */
export interface RawSocketIo {
  readonly socket: WebSocket;
  /** Packets so far. */
  readonly heard: readonly string[];
  /** Resolves with the close code. */
  readonly closed: Promise<number>;
  /** Waits for a packet that starts so. */
  hears(what: string): Promise<unknown>;
}

/** @param url of the gateway, without a path. @param path with its query */
export async function openRawSocketIo(
  test: TestScope,
  url: string,
  path: string,
  options: ClientOptions = {},
): Promise<RawSocketIo> {
  const address = withProtocol(url.replace(/^http/, 'ws'), path, 'websocket');
  const socket = new WebSocket(address, { perMessageDeflate: false, ...options });
  test.onTestFinished(() => socket.terminate());
  const heard: string[] = [];
  socket.on('message', (data) => heard.push(String(data))).on('error', () => {});
  const closed = new Promise<number>((resolve) => socket.once('close', resolve));
  await within('the connection', once(socket, 'open'));
  const hears = (what: string) =>
    waitFor(`a packet ${what}`, () => heard.some((text) => text.startsWith(what)), {
      state: () => heard.at(-1),
    });
  return { socket, heard, closed, hears };
}

/** The same by long-polling. */
export interface RawPolling {
  readonly sid: string;
  /** One answer: packets, separated by `\x1e`. */
  poll(): Promise<string>;
  post(body: string): Promise<Response>;
}

export async function openRawPolling(url: string, path: string): Promise<RawPolling> {
  const address = withProtocol(url, path, 'polling');
  const opened = await fetch(address);
  const { sid } = JSON.parse((await opened.text()).slice(1));
  const its = `${address}&sid=${sid}`;
  return {
    sid,
    poll: async () => (await fetch(its)).text(),
    post: (body) => fetch(its, { method: 'POST', body }),
  };
}

function withProtocol(url: string, path: string, transport: string): string {
  return `${url}${path}${path.includes('?') ? '&' : '?'}EIO=4&transport=${transport}`;
}
