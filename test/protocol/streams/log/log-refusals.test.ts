import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { makePipe } from '../file-tail/set-up.ts';
import { instance } from '../set-up.ts';
import { setUpLogs } from './log-set-up.ts';

describe('Log stream that is refused, or ends', () => {
  it.for(['nobody', '../a', '..', '.', 'a/b', '%2e%2e', 'a\0', '', 'x'.repeat(65), 'é'])(
    'knows no instance named %j, and reads nothing',
    async (name, test) => {
      const { watch, logs } = await setUpLogs(test);
      const client = await watch(name);
      expect(client.frames()).toMatchObject([{ type: 'error', code: 'instance_not_found' }]);
      expect([client.transport.closes, logs.size]).toEqual([['unknownName'], 0]);
    },
  );

  it('serves no name that could lead elsewhere, even where the engine has such an instance', async (test) => {
    const { watch, answer, clock, logs } = await setUpLogs(test);
    const names = ['../a', '..', 'a/b', 'mit Leerzeichen'];
    clock.advance(1000);
    await answer(names.map((name) => instance(name)));
    for (const name of names) expect((await watch(name)).types()).toEqual(['error']);
    expect(logs.size).toBe(0);
  });

  it.for([
    ['a link', (path: string, elsewhere: string) => symlinkSync(elsewhere, path)],
    ['a link that leads nowhere', (path: string) => symlinkSync(`${path}/nowhere`, path)],
    ['a folder', (path: string) => void mkdirSync(path)],
    ['a pipe', makePipe],
  ] as const)('refuses %s in the place of a log, and reads nothing', async ([, make], test) => {
    const { folder, watch, logs, meter } = await setUpLogs(test);
    const elsewhere = `${folder.directory}/elsewhere`;
    writeFileSync(elsewhere, 'secret\n');
    make(folder.pathOf('a'), elsewhere);
    const clients = await Promise.all([watch('a'), watch('a', 0)]);
    for (const { frames, transport } of clients) {
      expect(frames()).toEqual([{ type: 'error', code: 'log_not_a_file', message: expect.any(String) }]);
      expect(transport.closes).toEqual(['unknownName']);
      transport.end();
    }
    const labels = { edge: 'streams', reason: 'log_not_a_file' };
    expect([logs.size, meter.value('bff_rejected_total', labels)]).toEqual([0, 2]);
  });

  it('tells who watches a log in whose place a link is put, shows nothing of where that leads, and goes on', async (test) => {
    const { folder, watch, until } = await setUpLogs(test);
    writeFileSync(`${folder.directory}/elsewhere`, 'secret\n');
    folder.append('a', 'x\n');
    const client = await watch('a');
    rmSync(folder.pathOf('a'));
    symlinkSync(`${folder.directory}/elsewhere`, folder.pathOf('a'));
    await until(client, (frames) => frames.length === 2);
    const reason = 'The log of this instance is no regular file; links are not followed';
    expect(client.frames()).toEqual([
      { type: 'backlog', lines: ['x'], count: 1 },
      { type: 'unavailable', reason },
    ]);
    expect((await watch('a')).frames()).toMatchObject([{ type: 'error', code: 'log_not_a_file' }]);
    rmSync(folder.pathOf('a'));
    folder.append('a', 'y\n');
    await until(client, (frames) => frames.length === 4);
    expect(client.frames().slice(2)).toEqual([
      { type: 'rotated' },
      { type: 'lines', lines: ['y'], count: 1 },
    ]);
  });

  it('ends when the instance is deleted, for those who watch it', async (test) => {
    const { watch, instanceEvent, logs } = await setUpLogs(test);
    const [gone, other] = [await watch('a'), await watch('b')];
    instanceEvent({ type: 'instance_archived', name: 'a' });
    expect(gone.transport.closes).toEqual([]);
    instanceEvent({ type: 'instance_deleted', name: 'a' });
    expect(gone.frames().at(-1)).toMatchObject({ type: 'error', code: 'instance_not_found' });
    expect([gone.transport.closes, other.transport.closes]).toEqual([['unknownName'], []]);
    gone.transport.end();
    expect(logs.size).toBe(1);
  });

  it('says what is missing where there is no folder, and where too many logs are open', async (test) => {
    const { watch, connectLog } = await setUpLogs(test, 1);
    const without = connectLog({ name: 'a', backlog: 1, holder: undefined }, undefined);
    await watch('a');
    const [tooMany, same] = [await watch('b'), await watch('a')];
    expect(without.frames()).toMatchObject([{ code: 'logs_unavailable' }]);
    expect(tooMany.frames()).toMatchObject([{ code: 'limit' }]);
    expect([without.transport.closes, tooMany.transport.closes]).toEqual([['unavailable'], ['unavailable']]);
    expect(same.types()).toEqual(['backlog']);
  });
});
