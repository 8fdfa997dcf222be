import { createServer } from 'node:http';
import { Server, type Socket } from 'socket.io';
import { listenAndSay } from '../fan-out/listen-and-say.ts';

// The same job as a plain program: polls once a second while somebody is subscribed, and emits a snapshot that has
// changed to one socket after the other. What the gateway's processor time is compared with; nothing in it is made
// slower, or faster, than one would write it.

const engineUrl = process.env.ENGINE_URL;
const server = createServer();
const io = new Server(server, { serveClient: false });
const subscribers = new Set<Socket>();
let newest: object | undefined;
let newestData = '';

io.on('connection', (socket) => {
  socket.emit('connected', { status: 'connected', client_id: socket.id });
  socket.on('subscribe', (config) => {
    subscribers.add(socket);
    socket.emit('subscribed', { status: 'subscribed', config });
    if (newest !== undefined) socket.emit('metrics_update', newest);
  });
  socket.on('disconnect', () => subscribers.delete(socket));
});

async function poll(): Promise<void> {
  if (subscribers.size === 0) return;
  try {
    const response = await fetch(`${engineUrl}/api/metrics/overview?hours=24`);
    const snapshot = await response.json();
    const { timestamp, ...data } = snapshot;
    const text = JSON.stringify(data);
    if (text === newestData) return;
    newest = snapshot;
    newestData = text;
  } catch (error) {
    console.error('poll failed:', error instanceof Error ? error.message : error);
    return;
  }
  for (const socket of subscribers) socket.emit('metrics_update', newest);
}

setInterval(poll, 1000);
listenAndSay(server);
