import { once } from 'node:events';
import { connect } from 'node:net';
import { WebSocket } from 'ws';
import { isJsonObject } from '../../../src/core/json.ts';
import { type Resource, waitFor, within } from '../../support/wait.ts';

/** Ways in which a client of metrics can stop reading as soon as it is subscribed. */
export const stallers = {
  websocket: stallWebSocket,
  polling: stallPolling,
  'event stream': stallEventStream,
};

// Engine.IO 4: 0 opens, 4 is a message; of Socket.IO 5: 0 connects, 2 is an event.
const socketIoConnect = '40';
const subscribe = '42["subscribe",{"hours":24,"update_interval":1}]';
const subscribed = '42["subscribed"';

async function stallWebSocket(port: number): Promise<Resource> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
  socket.on('error', () => {});
  const stalled = new Promise<void>((resolve) => {
    socket.on('message', (data) => {
      const text = String(data);
      if (text.startsWith('0')) socket.send(socketIoConnect);
      else if (text.startsWith(socketIoConnect)) socket.send(subscribe);
      else if (text.startsWith(subscribed)) {
        socket.pause();
        resolve();
      }
    });
  });
  await within('a WebSocket client to be subscribed', stalled);
  return { stop: () => socket.terminate() };
}

async function stallPolling(port: number): Promise<Resource> {
  const path = '/socket.io/?EIO=4&transport=polling';
  const url = `http://127.0.0.1:${port}${path}`;
  const opening: unknown = JSON.parse((await (await fetch(url)).text()).slice(1));
  if (!isJsonObject(opening)) throw new Error('no handshake of Engine.IO');
  const session = `&sid=${opening.sid}`;
  const say = async (body: string) => (await fetch(url + session, { method: 'POST', body })).text();
  let heard = '';
  const hear = async (what: string): Promise<boolean> => {
    heard += await (await fetch(url + session)).text();
    return heard.includes(what);
  };
  await say(socketIoConnect);
  await waitFor('the answer to CONNECT', () => hear(socketIoConnect));
  await say(subscribe);
  await waitFor('a polling client to be subscribed', () => hear(subscribed));
  return stallGet(port, path + session);
}

function stallEventStream(port: number): Promise<Resource> {
  return stallGet(port, '/api/stream/metrics?hours=24&interval=1');
}

/** A request whose answer is never read. */
async function stallGet(port: number, target: string): Promise<Resource> {
  const socket = connect(port, '127.0.0.1')
    .on('error', () => {})
    .pause();
  await once(socket, 'connect');
  socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  return { stop: () => void socket.destroy() };
}
