import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { followEvents } from './event-feed.ts';
import { listenAndSay } from './listen-and-say.ts';

// The same broadcast as one writes it with Socket.IO.

const server = createServer();
const io = new Server(server, { serveClient: false });

await followEvents(({ type, ...packet }) => io.emit(type, packet));
listenAndSay(server);
