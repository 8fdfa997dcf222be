import { createConnection, createServer as createTcpServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { giveCommand } from '../../src/cli/halt.ts';
import { type Handler, startEngineServer } from '../source/engine-server.ts';
import { nowhere, startGateway } from '../support/gateway.ts';
import { commandResult } from '../support/gateway-process.ts';
import { type TestScope, useIn } from '../support/wait.ts';

const settings = { ALLOW_COMMANDS: 'true' };

function give(command: 'HALT' | 'RESUME', url: string) {
  return giveCommand({ command, base: new URL('/', url), reason: 'drill', token: undefined });
}

async function startServer(test: TestScope, handler: Handler) {
  return await useIn(test, startEngineServer(handler));
}

describe('halt and resume', () => {
  it('have the engine halted and resumed, and say what it answered', async (test) => {
    const { url, engine, log } = await useIn(test, startGateway({ settings }));
    const halted = await give('HALT', url);
    expect(halted).toMatchObject({ exitCode: 0, text: expect.stringContaining('"status":"HALT"') });
    expect(halted.text.split('\n')).toHaveLength(1);
    expect(engine.market.status()).toBe('HALT');
    expect(await give('RESUME', url)).toMatchObject({ exitCode: 0 });
    expect(engine.market.status()).toBe('ACTIVE');
    const audited = log.entries.filter(({ message }) => message === 'operator command');
    expect(audited.map(({ fields }) => [fields.command, fields.transport, fields.reason])).toEqual([
      ['HALT', 'http', 'drill'],
      ['RESUME', 'http', 'drill'],
    ]);
  });

  it.for(['HALT', 'RESUME'] as const)('say what %s was refused for', async (command, test) => {
    const { url } = await useIn(test, startGateway());
    const report = await give(command, url);
    expect(report).toMatchObject({ exitCode: 1, text: expect.stringContaining('COMMANDS_DISABLED') });
  });

  it.for(['HALT', 'RESUME'] as const)(
    'say that nothing was sent where no gateway is: %s',
    async (command) => {
      const report = await give(command, nowhere);
      expect(report).toMatchObject({ exitCode: 3, text: expect.stringContaining('connection refused') });
    },
  );

  it('say that it is not known what came of it where the engine does not say', async (test) => {
    const { url, engine } = await useIn(test, startGateway({ settings }));
    engine.faults.apply({ kind: 'error', path: '/api/system/halt', status: 500 });
    const report = await give('HALT', url);
    expect(report).toMatchObject({ exitCode: 4, text: expect.stringContaining('ENGINE_REFUSED') });
  });

  it.for<[string, number, string, number]>([
    ['a page of a proxy that finds no gateway', 502, '<h1>Bad Gateway</h1>', 4],
    ['a problem of somebody else', 503, '{"code":"OVERLOADED"}', 4],
    ['a success of somebody else', 200, '<h1>Welcome</h1>', 4],
    ['an acknowledgement of something else', 200, '{"type":"ACK","command":"HALT"}', 4],
    ['a path that is not there', 404, 'not found', 1],
    ['a demand for a password', 401, 'who?', 1],
  ])('go by %s', async ([, status, body, exitCode], test) => {
    const server = await startServer(test, (request, response) =>
      request.resume().on('end', () => response.writeHead(status).end(body)),
    );
    expect(await give('RESUME', server.url)).toMatchObject({ exitCode });
    // A RESUME was sent, and is not sent again.
    expect(server.requests).toHaveLength(1);
    expect(await give('HALT', server.url)).toMatchObject({ exitCode });
  });

  it('give a HALT by WebSocket where nothing but that gets through', async (test) => {
    const { url, engine, log } = await useIn(test, startGateway({ settings }));
    const { port } = new URL(url);
    // Lets handshakes through, and swallows every POST.
    const proxy = createTcpServer((client) => {
      client.once('data', (head) => {
        if (head.toString('latin1').startsWith('POST')) return;
        const upstream = createConnection(Number(port), '127.0.0.1');
        upstream.write(head);
        client.pipe(upstream).pipe(client);
      });
      client.on('error', () => client.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    test.onTestFinished(() => void proxy.close());
    const address = proxy.address();
    const proxyPort = typeof address === 'object' && address !== null ? address.port : 0;
    expect(await give('HALT', `http://127.0.0.1:${proxyPort}`)).toMatchObject({ exitCode: 0 });
    expect(engine.market.status()).toBe('HALT');
    expect(log.entries.find(({ message }) => message === 'operator command')?.fields).toMatchObject({
      transport: 'websocket',
    });
  });
});

describe('The process of halt', () => {
  it('ends with the exit code, with nothing to read from and nobody to write to', async (test) => {
    const { url, engine } = await useIn(test, startGateway({ settings }));
    const { code, stdout, stderr } = await commandResult(['halt', url, '--reason', 'drill'], {});
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('HALT acknowledged by the engine');
    expect(engine.market.status()).toBe('HALT');
    const refused = await commandResult(['halt', url, '--tokn', 'x'], {});
    expect(refused).toMatchObject({ code: 2, stdout: '' });
  });
});
