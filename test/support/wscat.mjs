import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { WebSocket } from 'ws';

// Stands in for `npx wscat`, which is downloaded when it is used: those of its options that the pages show. Each
// message is a line of the output; lines of the input are sent.

const { values } = parseArgs({
  options: {
    connect: { type: 'string', short: 'c' },
    header: { type: 'string', short: 'H', multiple: true, default: [] },
    subprotocol: { type: 'string', short: 's', multiple: true, default: [] },
    execute: { type: 'string', short: 'x', multiple: true, default: [] },
    wait: { type: 'string', short: 'w' },
  },
});
const headers = Object.fromEntries(values.header.map((line) => line.split(/: */, 2)));
const socket = new WebSocket(values.connect ?? '', values.subprotocol, { headers });
socket.on('open', () => {
  for (const message of values.execute) socket.send(message);
  if (values.wait !== undefined) setTimeout(() => socket.close(), Number(values.wait) * 1000);
});
socket.on('message', (data) => process.stdout.write(`${data}\n`));
socket.on('error', ({ message }) => {
  process.stderr.write(`error: ${message}\n`);
  process.exit(1);
});
socket.on('close', () => process.exit());
createInterface({ input: process.stdin }).on('line', (line) => socket.send(line));
