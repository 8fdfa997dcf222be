import { describe, expect, it } from 'vitest';
import { OneConnection } from '../../src/source/one-connection.ts';
import { useIn } from '../support/wait.ts';
import { startEngineServer } from './engine-server.ts';

/** What the connector says when it is asked for a connection to the port. */
function connect({ connect: open }: OneConnection, port: number): Promise<string> {
  return new Promise((resolve) => {
    const options = { hostname: '127.0.0.1', host: `127.0.0.1:${port}`, protocol: 'http:', port: `${port}` };
    open(options, (...[error, socket]) => {
      socket?.destroy();
      resolve(error?.message ?? 'connected');
    });
  });
}

describe('OneConnection', () => {
  it('counts as sent once it stands, and there is no second one', async (test) => {
    const { port } = await useIn(test, startEngineServer());
    const connection = new OneConnection(5000);
    expect(connection.isSent).toBe(false);
    expect(await connect(connection, port)).toBe('connected');
    expect(connection.isSent).toBe(true);
    expect(await connect(connection, port)).toBe('already sent');
  });

  it('is not used, and may be tried again, where nobody listens or it is not permitted', async (test) => {
    const server = await useIn(test, startEngineServer());
    let isPermitted = false;
    const connection = new OneConnection(5000, () => isPermitted);
    expect(await connect(connection, 9)).toContain('ECONNREFUSED');
    expect(await connect(connection, server.port)).toBe('not permitted');
    expect(connection.isSent).toBe(false);
    isPermitted = true;
    expect(await connect(connection, server.port)).toBe('connected');
  });
});
