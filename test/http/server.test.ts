import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { HttpServer } from '../../src/http/server.ts';
import { createMemoryLog } from '../support/memory-log.ts';
import { rawExchange } from '../support/raw-socket.ts';
import { within } from '../support/wait.ts';
import { anyNumber, routerFor, startServer } from './http-set-up.ts';

const listenOn = (port: number, host = '127.0.0.1'): Promise<number> =>
  new HttpServer(routerFor().router, { handle: () => {} }, createMemoryLog(), {
    port,
    extraPorts: [],
    places: anyNumber,
    host,
  }).listen();

describe('HttpServer', () => {
  it('picks a free port for 0 and serves its routes there', async (test) => {
    const { url } = await startServer(test);
    expect(await (await fetch(`${url}/livez`)).json()).toEqual({ status: 'alive' });
  });

  it('says which port is in use, and what to do', async (test) => {
    const { port, url } = await startServer(test);
    await expect(listenOn(port)).rejects.toThrow(
      `cannot listen on 127.0.0.1:${port}: the port is in use. Stop the other program or set PORT (0 picks a free one).`,
    );
    expect((await fetch(`${url}/livez`)).status).toBe(200);
  });

  it.each(['192.0.2.1', 'no-such-host.invalid'])('says that this machine is not %s', async (host) => {
    await expect(listenOn(0, host)).rejects.toThrow(/^cannot listen on .+ Set HOST|See PORT and HOST\.$/);
  });

  it('answers 400 to what is no HTTP, and goes on', async (test) => {
    const { port, url } = await startServer(test);
    expect(await rawExchange(port, 'hello\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
    expect((await fetch(`${url}/livez`)).status).toBe(200);
  });

  it('survives a client that goes away in the middle of a handshake', async (test) => {
    const { port, url } = await startServer(test);
    for (let client = 0; client < 5; client++) {
      const socket = connect(port, '127.0.0.1');
      await within('the connection', new Promise((resolve) => socket.once('connect', resolve)));
      socket.write('GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
      socket.resetAndDestroy();
    }
    expect((await fetch(`${url}/livez`)).status).toBe(200);
  });

  it('takes no new connection once it stops accepting', async (test) => {
    const { server, url } = await startServer(test);
    server.stopAccepting();
    server.stopAccepting();
    await expect(fetch(`${url}/livez`)).rejects.toThrow();
  });

  it('closes what is open, twice without harm', async (test) => {
    const { port, server } = await startServer(test);
    const idle = connect(port, '127.0.0.1');
    await within('the connection', new Promise((resolve) => idle.once('connect', resolve)));
    const closed = new Promise((resolve) => idle.once('close', resolve));
    idle.on('error', () => {}).resume();
    server.close();
    server.close();
    await within('the end', closed);
  });
});
