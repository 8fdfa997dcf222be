import type { Link, LinkEvents } from './link.ts';
import { readMessage } from './read-message.ts';
import type { Codec, WebSocketConstructor } from './types.ts';

export interface ConnectionOptions {
  readonly WebSocket: WebSocketConstructor;
  readonly url: string;
  /** Undefined: the gateway is asked for no token. */
  readonly token: string | undefined;
  readonly codec: Codec | undefined;
}

const tokenExpired = 4401;
const ignore = (): void => {};

/** One WebSocket. Browsers let a page set no header, hence the subprotocol for the token. */
export function openConnection(
  { WebSocket, url, token, codec }: ConnectionOptions,
  events: LinkEvents,
): Link {
  const socket = new WebSocket(url, token === undefined ? [] : ['token', token]);
  socket.binaryType = 'arraybuffer';
  let opened = false;
  let fault = '';
  socket.onopen = () => {
    opened = true;
  };
  socket.onmessage = ({ data }: { readonly data: unknown }) => readMessage(data, codec, events);
  socket.onerror = ({ message = '' }: { readonly message?: unknown }) => {
    fault = `${message}`;
  };
  socket.onclose = ({ code, reason }: { readonly code: number; readonly reason: string }) =>
    events.onEnd({
      reason: (opened ? `closed with ${code} ${reason}` : `no connection ${fault}`).trim(),
      // Browsers do not say why a handshake failed; `ws` does, in its message.
      refusesToken: code === tokenExpired || fault.includes(' 401'),
    });

  return {
    send: (message) => socket.send(JSON.stringify(message)),
    close(abruptly) {
      socket.onmessage = ignore;
      socket.onclose = ignore;
      // Not null: an error event of `ws` that nobody listens to ends the process.
      socket.onerror = ignore;
      if (abruptly && socket.terminate !== undefined) socket.terminate();
      else socket.close();
    },
  };
}
