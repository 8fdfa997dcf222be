import { createServer } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';
import { followEvents } from './event-feed.ts';
import { listenAndSay } from './listen-and-say.ts';

// A broadcast as one writes it with ws: one JSON.stringify, then the same string to everyone. DEFLATE=true: with
// the permessage-deflate that ws brings, as its options are by default.

const server = createServer();
const sockets = new WebSocketServer({ server, perMessageDeflate: process.env.DEFLATE === 'true' });

await followEvents((packet) => {
  const text = JSON.stringify(packet);
  for (const client of sockets.clients) {
    if (client.readyState === WebSocket.OPEN) client.send(text);
  }
});
listenAndSay(server);
