import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { health } from '../../src/cli/health.ts';
import { configFile } from '../config/set-up.ts';
import { nowhere, startGateway } from '../support/gateway.ts';
import { commandResult, program, spawnEngine, spawnGateway } from '../support/gateway-process.ts';
import { type TestScope, useIn } from '../support/wait.ts';

/** A server in the place of the gateway; its port. */
async function standIn(test: TestScope, answer: RequestListener, host = '127.0.0.1'): Promise<string> {
  const server = createServer(answer);
  test.onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return String(address.port);
}

describe('telemetry-bff health', () => {
  it('says nothing and succeeds where the gateway of these settings is alive, though its engine is not', async (test) => {
    const gateway = await useIn(test, spawnGateway({ ENGINE_URL: nowhere }));
    const settings = { PORT: String(gateway.port), HOST: '127.0.0.1' };
    expect(await commandResult(['health'], settings)).toEqual({ code: 0, stdout: '', stderr: '' });
    await gateway.stop();
    const gone = await commandResult(['health'], settings);
    expect(gone).toMatchObject({ code: 1, stdout: '' });
    expect(gone.stderr).toMatch(/^telemetry-bff health: \/livez on port \d+ of 127\.0\.0\.1: .*ECONNREFUSED/);
  });

  it('asks the demo engine on its own port', async (test) => {
    const engine = await useIn(test, spawnEngine());
    const ENGINE_PORT = String(engine.port);
    expect(await commandResult(['health', 'engine'], { ENGINE_PORT })).toMatchObject({ code: 0 });
    expect(await commandResult(['health'], { PORT: ENGINE_PORT })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('HTTP 404'),
    });
  });

  it('is answered by a gateway that asks everybody for a token, by whatever name it may be addressed', async (test) => {
    const settings = { AUTH_JWT_SECRET: 's'.repeat(32), ALLOWED_HOSTS: 'dash.example.com' };
    const { port } = await useIn(test, startGateway({ settings }));
    expect(await health({ PORT: String(port), HOST: 'localhost' }, 'serve')).toBeUndefined();
  });

  it('finds the port where serve finds it: environment, file, and file of one setting', async (test) => {
    const port = await standIn(test, (_request, response) => response.end());
    const inFile = configFile(test, 'port', `${port}\n`);
    const places = [
      { PORT: port },
      { PORT: ` ${port}\n` },
      { PORT_FILE: inFile },
      { CONFIG_FILE: configFile(test, 'a.json', JSON.stringify({ PORT: Number(port), unread: true })) },
      { CONFIG_FILE: configFile(test, 'a.yaml', `# comment\nPORT: ${port}\nsources: []\n`) },
      { CONFIG_FILE: configFile(test, 'b.yaml', `PORT_FILE: ${inFile}\n`) },
      { CONFIG_FILE: configFile(test, 'c.yaml', 'PORT: 1\n'), PORT: port },
      { PORT: '0', OPS_PORT: port },
      { PORT: '0', OPS_PORT: port, OPS_HOST: '127.0.0.1', HOST: '127.0.0.2' },
      { PORT: port, OPS_PORT: 'tcp://10.0.0.1:80' },
    ];
    for (const env of places) expect(await health(env, 'serve'), JSON.stringify(env)).toBeUndefined();
  });

  it.for([
    ['127.0.0.1', '127.0.0.1'],
    ['127.0.0.1', 'localhost'],
    ['127.0.0.1', '0.0.0.0'],
    ['127.0.0.2', '127.0.0.2'],
    ['::1', '::'],
    ['::1', '::1'],
  ] as const)('reaches a gateway at %s by HOST %s', async ([at, HOST], test) => {
    const PORT = await standIn(test, (_request, response) => response.end(), at);
    expect(await health({ PORT, HOST }, 'serve')).toBeUndefined();
  });

  it.for([
    [{ PORT: '99999' }, /^ {2}PORT: expected a whole number from 0 to 65535 \(given: "99999"\)$/m],
    [{ PORT: 'tcp' }, /PORT: expected a whole number/],
    [{ PORT: '3000', OPS_PORT: '-1' }, /OPS_PORT: expected a whole number/],
    [{ PORT: '0' }, /PORT: 0 picks a free port, which nobody else knows – set a port/],
    [{ PORT: '1', PORT_FILE: '/nowhere' }, /PORT, PORT_FILE: both are set/],
    [{ PORT_FILE: '/nowhere' }, /PORT_FILE: cannot read the file: ENOENT/],
    [{ CONFIG_FILE: '/nowhere.yaml' }, /CONFIG_FILE: cannot read \/nowhere\.yaml/],
  ] as const)('says what is wrong with %j', async ([env, words]) => {
    expect(await health(env, 'serve')).toMatch(words);
  });

  it('says so where the settings that hold a port or an address hold something else', async (test) => {
    const CONFIG_FILE = configFile(test, 'a.json', '{"PORT":[1],"HOST":7}');
    const words = await health({ CONFIG_FILE }, 'serve');
    expect(words).toMatch(/PORT: expected a whole number .*given: \[1\]/);
    expect(words).toMatch(/HOST: expected an address/);
    expect(await health({ CONFIG_FILE: configFile(test, 'b.json', '[]') }, 'serve')).toMatch(
      /a map of settings/,
    );
    expect(await health({ CONFIG_FILE: configFile(test, 'b.yaml', 'a: b: c') }, 'serve')).toMatch(
      /not valid YAML/,
    );
  });

  it('fails where the gateway answers anything but that it lives', async (test) => {
    const PORT = await standIn(test, (_request, response) => response.writeHead(503).end());
    expect(await health({ PORT }, 'serve')).toMatch(/: HTTP 503$/);
  });

  it('gives up on a gateway that hangs', async (test) => {
    const PORT = await standIn(test, () => {});
    expect(await health({ PORT }, 'serve')).toMatch(/: no answer within 2 s$/);
  });

  it('runs without a single package: it loads none', async (test) => {
    const folder = mkdtempSync(join(tmpdir(), 'telemetry-bff-'));
    test.onTestFinished(() => rmSync(folder, { recursive: true }));
    cpSync(join(program, '..'), join(folder, 'dist'), {
      recursive: true,
      filter: (path) => !path.includes('dashboard'),
    });
    cpSync('package.json', join(folder, 'package.json'));
    const PORT = await standIn(test, (_request, response) => response.end());
    const main = join(folder, 'dist/main.js');
    expect(await commandResult(['health'], { PORT }, main)).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await commandResult(['serve'], { PORT }, main)).toMatchObject({ code: 1 });
  });
});
