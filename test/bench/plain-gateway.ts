import { createServer } from 'node:http';
import axios from 'axios';
import { WebSocket, WebSocketServer } from 'ws';

// The same job as a plain program: three polls a second, merged, sent to every client. What the gateway's
// processor time is compared with; nothing in it is made slower, or faster, than one would write it.

const engineUrl = process.env.ENGINE_URL;
let state: Record<string, unknown> = { status: 'INITIALIZING' };

const server = createServer((_request, response) => response.writeHead(404).end());
const sockets = new WebSocketServer({ server });

sockets.on('connection', (socket) => {
  socket.send(JSON.stringify({ type: 'WELCOME', data: state }));
});

async function fetchSection(path: string): Promise<Record<string, unknown>> {
  const response = await axios.get(`${engineUrl}${path}`, { timeout: 900 });
  return response.data;
}

async function tick(): Promise<void> {
  try {
    const [current, agents, models] = await Promise.all([
      fetchSection('/api/system/state/current'),
      fetchSection('/api/system/metrics/agents'),
      fetchSection('/api/system/metrics/models'),
    ]);
    state = { ...state, ...current, agents, models };
  } catch (error) {
    console.error('poll failed:', error instanceof Error ? error.message : error);
    return;
  }
  for (const client of sockets.clients) {
    if (client.readyState === WebSocket.OPEN) {
      client.send(JSON.stringify({ type: 'TELEMETRY', data: state }));
    }
  }
}

setInterval(tick, 1000);
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  console.log(JSON.stringify({ msg: 'listening', port }));
});
process.on('SIGTERM', () => process.exit(0));
