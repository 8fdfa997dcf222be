import { connect } from 'node:net';

// Reads a target as often as it is told to, all at once, and says how many bytes each had. In a process of its own:
// what others wait for is measured elsewhere.

export interface ReadCommand {
  readonly port: number;
  readonly target: string;
  readonly readers: number;
}

function readAll({ port, target }: ReadCommand): Promise<number> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket
    .on('error', () => {})
    .write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  let bytes = 0;
  socket.on('data', ({ length }) => {
    bytes += length;
  });
  return new Promise((resolve) => socket.once('close', () => resolve(bytes)));
}

process.on('message', (command: ReadCommand) => {
  const reading = Array.from({ length: command.readers }, () => readAll(command));
  void Promise.all(reading).then((bytes) => process.send?.(bytes));
});
// Without the bench there is nobody to read for.
process.on('disconnect', () => process.exit());
