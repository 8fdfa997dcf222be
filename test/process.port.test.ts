import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { DemoEngine } from '../src/demo/engine.ts';
import { connectClient } from './support/client.ts';
import { nowhere } from './support/gateway.ts';
import { commandResult, type GatewayProcess, spawnGateway } from './support/gateway-process.ts';
import { redisMissing, startRedis } from './support/redis-server.ts';
import { connectSocketIo, socketIoWays } from './support/socket-io-client.ts';
import { useIn, waitFor, within } from './support/wait.ts';

const drainMs = 5000;
const logged = ({ logLines }: GatewayProcess, message: string) => logLines.find(({ msg }) => msg === message);

describe.concurrent('The gateway process', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'closes 200 clients with 1001 on %s and exits 0',
    async (signal) => {
      const gateway = await spawnGateway();
      const clients = await Promise.all(Array.from({ length: 200 }, () => connectClient(gateway.wsUrl)));
      gateway.kill(signal);
      const exit = await within('the exit', gateway.exited, drainMs);
      const closed = await Promise.all(clients.map((client) => client.closed));
      expect(new Set(closed.map(({ code }) => code))).toEqual(new Set([1001]));
      expect(exit).toEqual({ code: 0, signal: null });
      expect(logged(gateway, 'shutdown')).toMatchObject({ reason: signal, clients: 200 });
      expect(gateway.stderr).toBe('');
    },
  );

  it('ends Socket.IO clients on SIGTERM, however they are carried, so that they come back by themselves', async () => {
    const gateway = await spawnGateway();
    const clients = await Promise.all(socketIoWays.map((way) => connectSocketIo(gateway.url, way)));
    for (const client of clients) await client.nextOf('connected');
    // One that was let in, and has neither joined nor polls.
    const handshake = await fetch(`${gateway.url}/socket.io/?EIO=4&transport=polling`);
    expect(await handshake.text()).toContain('"sid"');
    gateway.kill('SIGTERM');
    const exit = await within('the exit', gateway.exited, drainMs);
    const reasons = await Promise.all(clients.map((client) => client.disconnected));
    expect(reasons).toEqual(socketIoWays.map(() => 'transport close'));
    expect(exit).toEqual({ code: 0, signal: null });
    expect(gateway.stderr).toBe('');
    expect(gateway.logLines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('exits within the time for the drain though a client does not answer, and refuses new ones', async (test) => {
    const gateway = await useIn(test, spawnGateway({ SHUTDOWN_TIMEOUT_MS: '1000' }));
    const stalled = await useIn(test, connectClient(gateway.wsUrl));
    stalled.socket.pause();
    gateway.kill('SIGTERM');
    await waitFor('the shutdown line', () => logged(gateway, 'shutdown'));
    await expect(connectClient(gateway.wsUrl)).rejects.toThrow();
    expect(await within('the exit', gateway.exited, drainMs)).toEqual({ code: 0, signal: null });
  });

  it('drains once where npm passes on what the script was sent already', async (test) => {
    const gateway = await useIn(test, spawnGateway({ npm_lifecycle_event: 'start' }));
    const { closed } = await connectClient(gateway.wsUrl);
    gateway.kill('SIGINT');
    gateway.kill('SIGINT');
    expect((await within('the close', closed)).code).toBe(1001);
    expect(await within('the exit', gateway.exited, drainMs)).toEqual({ code: 0, signal: null });
  });

  it('ends with npm start, which waits for it', async (test) => {
    const npm = spawn('npm', ['start'], {
      env: { PATH: process.env.PATH, HOME: tmpdir(), PORT: '0', HOST: '127.0.0.1', ENGINE_URL: nowhere },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    test.onTestFinished(() => void npm.kill('SIGKILL'));
    let output = '';
    npm.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    await waitFor('the gateway', () => output.includes('"listening"'), { timeoutMs: 20_000 });
    const ended = once(npm, 'close');
    npm.kill('SIGTERM');
    expect(await within('the end of npm', ended, drainMs)).toEqual([0, null]);
    expect(output).toMatch(/"reason":"SIGTERM".*"msg":"shutdown"/);
  });

  it('exits at once on a second signal', async (test) => {
    const gateway = await useIn(test, spawnGateway({ SHUTDOWN_TIMEOUT_MS: '60000' }));
    const stalled = await useIn(test, connectClient(gateway.wsUrl));
    stalled.socket.pause();
    gateway.kill('SIGTERM');
    await waitFor('the shutdown line', () => logged(gateway, 'shutdown'));
    gateway.kill('SIGTERM');
    // Sooner than the stalled client would be given up.
    expect((await within('the exit', gateway.exited)).code).toBe(1);
  });

  it('refuses bad settings with 78 and one message that names every fault', async () => {
    const env = { ENGINE_URL: 'localhost:8000', REDIS_URL: 'not a url', PORT: '70000', TRUST_PROXY: 'yes' };
    const { code, stdout, stderr } = await commandResult(['serve'], { ...env, LOG_LEVEL: 'loud' });
    expect(code).toBe(78);
    expect(stdout).toBe('');
    for (const name of [...Object.keys(env), 'LOG_LEVEL']) expect(stderr).toContain(`${name}: `);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('says what serve needs, and that a port is in use', async () => {
    const missing = await commandResult(['serve'], {});
    expect([missing.code, missing.stderr]).toEqual([78, expect.stringContaining('ENGINE_URL: not set')]);

    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? `${address.port}` : '';
    const inUse = await commandResult(['serve'], { ENGINE_URL: nowhere, HOST: '127.0.0.1', PORT: port });
    taken.close();
    expect(inUse.code).toBe(1);
    expect(inUse.stderr.trim().split('\n')).toEqual([
      expect.stringMatching(new RegExp(`127\\.0\\.0\\.1:${port}.*in use.*PORT`)),
    ]);
  });

  it.for([
    ['0.0.0.0', 1],
    ['127.0.0.1', 0],
  ] as const)(
    'warns at the start that everyone can read, on HOST=%s: %i times',
    async ([host, times], test) => {
      const gateway = await useIn(test, spawnGateway({ HOST: host }));
      await waitFor('the first poll, after the start', () => logged(gateway, 'poll failed'));
      expect(gateway.logLines.filter(({ msg }) => msg === 'whoever reaches the port can read')).toHaveLength(
        times,
      );
    },
  );

  it.skipIf(redisMissing)(
    'survives the loss of everything around it without an unhandled error',
    async (test) => {
      const redis = await useIn(test, startRedis());
      const engine = await useIn(test, new DemoEngine({ port: 0 }));
      const { url: engineUrl } = await engine.start();
      const env = { ENGINE_URL: engineUrl, REDIS_URL: redis.url, LOG_LEVEL: 'info' };
      const gateway = await useIn(test, spawnGateway(env));
      await waitFor('both', () => logged(gateway, 'engine connected') && logged(gateway, 'redis connected'));
      const clients = await Promise.all(Array.from({ length: 50 }, () => connectClient(gateway.wsUrl)));
      await redis.kill();
      engine.faults.apply({ kind: 'stop', seconds: 600 });
      for (const [index, client] of clients.entries()) {
        if (index % 2 === 0) client.socket.terminate();
        else client.socket.send('x'.repeat(20_000));
      }
      const stale = (source: string) => () =>
        gateway.logLines.some((line) => line.source === source && line.status === 'stale');
      await waitFor('redis to be stale', stale('redis'));
      await waitFor('state to be stale', stale('state'));
      gateway.kill('SIGTERM');
      expect(await within('the exit', gateway.exited, drainMs)).toEqual({ code: 0, signal: null });
      expect(gateway.stderr).toBe('');
      expect(gateway.logLines.filter(({ level }) => level === 'error')).toEqual([]);
    },
  );
});
