import { renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { connectClient } from '../../support/client.ts';
import { startGateway } from '../../support/gateway.ts';
import { listed, startInstanceEngine } from '../../support/instance-engine.ts';
import { handshake, rawExchange } from '../../support/raw-socket.ts';
import { type LogFolder, useLogFolder } from '../../support/stream-files.ts';
import { type TestScope, useIn, waitFor } from '../../support/wait.ts';
import { heldOpen } from './file-tail/set-up.ts';
import { linesOf } from './port-set-up.ts';

async function setUp(test: TestScope) {
  const folder: LogFolder = useLogFolder(test);
  const engine = await useIn(test, startInstanceEngine([listed('a'), listed('b')]));
  const settings = { ENGINE_URL: engine.url, INSTANCE_LOG_DIR: folder.directory };
  const gateway = await useIn(test, startGateway({ engine: false, settings }));
  const connect = (name: string, query = '') =>
    useIn(test, connectClient(`${gateway.wsUrl}/ws/instances/${name}/logs${query}`));
  return { folder, engine, gateway, connect };
}

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `line ${index}`);

describe('/ws/instances/:name/logs', () => {
  it('begins with as many lines as were asked for, 100 where none were', async (test) => {
    const { folder, connect } = await setUp(test);
    const lines = numbered(1500);
    folder.append('a', `${lines.join('\n')}\n`);
    for (const [query, count] of [
      ['', 100],
      ['?backlog=0', 0],
      ['?backlog=7', 7],
      ['?backlog=1000', 1000],
    ] as const) {
      const { body } = await (await connect('a', query)).next();
      expect(body).toEqual({ type: 'backlog', lines: lines.slice(1500 - count), count });
    }
  });

  it('is said at the start to serve nothing, where INSTANCE_LOG_DIR is no folder', async (test) => {
    const settings = { INSTANCE_LOG_DIR: '/dev/null' };
    const { log } = await useIn(test, startGateway({ engine: false, settings }));
    const warning = await waitFor('the warning', () =>
      log.entries.find(({ message }) => message === 'no logs of instances'),
    );
    expect(warning).toMatchObject({
      level: 'warn',
      fields: { setting: 'INSTANCE_LOG_DIR', directory: '/dev/null' },
    });
  });

  it.for(['1001', '-1', 'abc', '', '1e2', '0x10', ' 5', '5.0', '00005', '99999999999999999999'])(
    'refuses backlog=%j with an error, then 4400',
    async (backlog, test) => {
      const { connect, gateway } = await setUp(test);
      const client = await connect('a', `?backlog=${encodeURIComponent(backlog)}`);
      expect((await client.closed).code).toBe(4400);
      expect(client.packets.map(({ body }) => body)).toMatchObject([{ type: 'error', code: 'bad_request' }]);
      await waitFor('its end', async () => (await gateway.metrics()).value('bff_clients') === 0);
    },
  );

  it('has lines on the wire soon after they are written', async (test) => {
    const { folder, connect } = await setUp(test);
    const clients = await Promise.all([connect('a'), connect('a'), connect('a')]);
    for (const client of clients) await client.nextOf('backlog');
    const tookMs: number[] = [];
    for (let line = 0; line < 20; line += 1) {
      const writtenAt = Date.now();
      folder.append('a', `line ${line}\n`);
      for (const client of clients) {
        const { at } = await client.next(
          ({ body }) => Object(body.lines).includes?.(`line ${line}`) === true,
        );
        tookMs.push(at - writtenAt);
      }
    }
    // Each is written when the one before has come: the quickest shows how long it takes, and not this machine.
    expect(Math.min(...tookMs)).toBeLessThan(5000);
    for (const client of clients) expect(linesOf(client)).toEqual(numbered(20));
  });

  it('skips nothing of a burst, however large, to a client that reads as fast as it can', async (test) => {
    const { folder, connect } = await setUp(test);
    const client = await connect('a');
    await client.nextOf('backlog');
    const lines = 40 * 1024;
    folder.append('a', `${'x'.repeat(1023)}\n`.repeat(lines));
    let seen = 0;
    while (seen < lines) {
      const { type, body } = await client.next();
      expect(type).toBe('lines');
      seen += Number(body.count);
    }
    expect(seen).toBe(lines);
  });

  it('goes on with the new file from its start, however the old one went', async (test) => {
    const { folder, connect } = await setUp(test);
    const path = folder.pathOf('a');
    folder.append('a', 'first\n');
    const client = await connect('a');
    await client.nextOf('backlog');
    const rotations: readonly (readonly [string, () => void])[] = [
      ['renamed', () => renameSync(path, `${path}.1`)],
      ['deleted', () => rmSync(path)],
      ['truncated', () => truncateSync(path)],
    ];
    for (const [how, rotate] of rotations) {
      folder.append('a', `before it was ${how}\n`);
      await client.next(({ body }) => Object(body.lines).includes?.(`before it was ${how}`) === true);
      rotate();
      folder.append('a', `after it was ${how}\n`);
      await client.nextOf('rotated');
      expect((await client.next()).body.lines).toEqual([`after it was ${how}`]);
    }
    expect(client.packets.filter(({ type }) => type === 'rotated')).toHaveLength(3);
  });

  it('costs one tailer for 50 viewers, and none when they are gone', async (test) => {
    const { folder, connect, gateway } = await setUp(test);
    folder.append('a', 'x\n');
    const clients = await Promise.all(Array.from({ length: 50 }, () => connect('a')));
    for (const client of clients) await client.nextOf('backlog');
    expect(heldOpen(folder.directory)).toEqual(['a.log']);
    folder.append('a', 'y\n');
    for (const client of clients) expect((await client.nextOf('lines')).body.lines).toEqual(['y']);
    for (const client of clients) client.socket.close();
    await waitFor('their end', async () => (await gateway.metrics()).value('bff_clients') === 0);
    await waitFor('the file to be closed', () => heldOpen(folder.directory).length === 0);
  });

  it('picks up a file that appears later', async (test) => {
    const { folder, connect } = await setUp(test);
    const client = await connect('b');
    expect((await client.next()).body).toEqual({ type: 'backlog', lines: [], count: 0 });
    folder.append('b', 'born\n');
    expect((await client.next()).body).toEqual({ type: 'lines', lines: ['born'], count: 1 });
  });

  it('leads out of the folder by no name', async (test) => {
    const { folder, connect, gateway, engine } = await setUp(test);
    writeFileSync(`${folder.directory}/outside`, 'secret\n');
    symlinkSync(`${folder.directory}/outside`, folder.pathOf('link'));
    engine.set([listed('a'), listed('link'), listed('../a'), listed('..'), listed('%2e%2e')]);
    for (const name of [
      'nobody',
      '..%2fa',
      'a%2fb',
      '%2e%2e%2fetc',
      '%252e%252e',
      'a%00',
      '%ff',
      '%2e%2e%2fa',
    ]) {
      const client = await connect(name);
      expect((await client.closed).code, name).toBe(4404);
      expect(
        client.packets.map(({ body }) => body),
        name,
      ).toMatchObject([{ type: 'error', code: 'instance_not_found' }]);
    }
    // What a URL parser would take for another path is none of this endpoint's.
    for (const name of ['..', '../x', '%2e%2e', 'a/b']) {
      const answer = await rawExchange(gateway.port, handshake(`/ws/instances/${name}/logs`));
      expect(answer, name).toMatch(/^HTTP\/1.1 404 /);
    }
    const client = await connect('link');
    expect((await client.closed).code).toBe(4404);
    expect(client.packets.map(({ body }) => body)).toMatchObject([{ type: 'error', code: 'log_not_a_file' }]);
    expect(heldOpen(folder.directory)).toEqual([]);
  });

  it('ends with 4404 when the instance is deleted meanwhile', async (test) => {
    const { engine, connect } = await setUp(test);
    const [gone, other] = [await connect('a'), await connect('b')];
    for (const client of [gone, other]) await client.nextOf('backlog');
    engine.set([listed('b')]);
    expect((await gone.closed).code).toBe(4404);
    expect(gone.latest.body).toMatchObject({ type: 'error', code: 'instance_not_found' });
    other.send({ type: 'ping' });
    await other.nextOf('pong');
  });

  it('tells a client that does not read why it is closed, before it is closed', async (test) => {
    const { folder, engine, connect, gateway } = await setUp(test);
    const [stalled, other] = [await connect('a'), await connect('b')];
    for (const client of [stalled, other]) await client.nextOf('backlog');
    stalled.socket.pause();
    folder.append('a', `${'x'.repeat(1000)}\n`.repeat(20_000));
    const skipped = async () => (await gateway.metrics()).value('bff_skipped_total', { dialect: 'streams' });
    await waitFor('the client to be behind', async () => (await skipped()) > 0);
    engine.set([listed('b')]);
    other.socket.close();
    await waitFor('the deletion', async () => {
      const refused = { edge: 'streams', reason: 'instance_not_found' };
      return (await gateway.metrics()).value('bff_rejected_total', refused) === 1;
    });
    stalled.socket.resume();
    expect((await stalled.closed).code).toBe(4404);
    expect(stalled.latest.body).toMatchObject({ type: 'error', code: 'instance_not_found' });
  });
});
