import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { heldOpen, rotated, setUpFolder, setUpTail, unavailable } from './set-up.ts';

vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs/promises')>();
  return { ...original, open: vi.fn(original.open) };
});

const refuseToOpen = (code: string): void =>
  void vi.mocked(open).mockRejectedValueOnce(Object.assign(new Error(`${code}: refused`), { code }));

afterEach(() => void vi.mocked(open).mockReset());

describe('FileTail, when the file cannot be read', () => {
  it.for([
    ['EACCES', 'a file and a folder that the user of the gateway may read'],
    ['EMFILE', 'a higher open-file limit (ulimit -n), or fewer logs open at once'],
    ['ENOSPC', 'free space on the volume'],
    ['ELOOP', 'a regular file in this place, not a link: links are not followed'],
    ['EXOTIC', undefined],
  ] as const)('says so once, tries again, and says when it can: %s', async ([code, expected], test) => {
    const { directory, path, write } = setUpFolder(test);
    write('one\ntwo\n');
    const { tail, look, log, meter } = setUpTail(test, directory, { backlogLines: 1 });
    refuseToOpen(code);
    refuseToOpen(code);
    await tail.start();
    expect(await look()).toEqual([]);
    const error = `${code}: refused`;
    const warning = {
      level: 'warn',
      fields: { path, code, error, expected },
      message: 'log file not readable',
    };
    expect(log.entries).toEqual([warning]);
    const labels = { source: 'log', reason: code.toLowerCase() };
    expect(meter.value('bff_source_failures_total', labels)).toBe(2);
    expect(await look()).toEqual(['two']);
    expect(log.entries.at(-1)).toMatchObject({ level: 'info', message: 'log file readable again' });
  });

  it('follows the file it has while the next one cannot be opened, and loses nothing', async (test) => {
    const { directory, path, write, append } = setUpFolder(test);
    write('old\n');
    const { tail, look, log } = setUpTail(test, directory);
    await tail.start();
    append('last\n');
    renameSync(path, `${path}.1`);
    write('new\n');
    refuseToOpen('EMFILE');
    expect(await look()).toEqual(['last']);
    append('newer\n');
    expect(await look()).toEqual([rotated, 'new', 'newer']);
    expect(log.entries.map(({ level }) => level)).toEqual(['warn', 'info']);
    expect(heldOpen(directory)).toEqual(['engine.log']);
  });

  it('reads the file it has to its end where something else takes its name, and tells that', async (test) => {
    const { directory, path, write, append } = setUpFolder(test);
    write('old\n');
    const { tail, look, log } = setUpTail(test, directory);
    await tail.start();
    append('last\n');
    renameSync(path, `${path}.1`);
    symlinkSync(`${path}.1`, path);
    expect([await look(), await look()]).toEqual([['last', unavailable], []]);
    expect(heldOpen(directory)).toEqual([]);
    expect(log.entries).toMatchObject([{ fields: { code: 'ELOOP' } }]);
    rmSync(path);
    mkdirSync(path);
    expect(await look()).toEqual([]);
    expect(log.entries.at(-1)).toMatchObject({ fields: { code: 'NOT_A_FILE' } });
    rmSync(path, { recursive: true });
    write('new\n');
    expect(await look()).toEqual([rotated, 'new']);
  });

  it('gives up a file that became unreadable once another takes its place', async (test) => {
    const { directory, path, write, append } = setUpFolder(test);
    write('');
    const { open: reallyOpen } = await vi.importActual<typeof import('node:fs/promises')>('node:fs/promises');
    // Open for writing only: every read of it fails.
    vi.mocked(open).mockImplementationOnce(() => reallyOpen(path, 'a'));
    const { tail, look, log } = setUpTail(test, directory);
    await tail.start();
    append('old\n');
    expect(await look()).toEqual([]);
    expect(log.entries).toMatchObject([{ level: 'warn', fields: { code: 'EBADF' } }]);
    rmSync(path);
    write('new\n');
    expect(await look()).toEqual([rotated, 'new']);
    expect(heldOpen(directory)).toEqual(['engine.log']);
  });

  it('waits for a folder that is missing, or was removed with the file', async (test) => {
    const { directory, write } = setUpFolder(test);
    rmSync(directory, { recursive: true });
    const { tail, look, log } = setUpTail(test, directory);
    await tail.start();
    await look();
    const missing = {
      level: 'warn',
      fields: { code: 'NO_FOLDER', expected: 'a log folder that exists (INSTANCE_LOG_DIR)' },
    };
    expect(log.entries).toMatchObject([missing]);
    mkdirSync(directory);
    write('first\n');
    expect(await look()).toEqual(['first']);
    rmSync(directory, { recursive: true });
    expect([await look(), await look()]).toEqual([[], []]);
    mkdirSync(directory);
    write('second\n');
    expect(await look()).toEqual([rotated, 'second']);
    expect(log.entries).toMatchObject([missing, { level: 'info' }, missing, { level: 'info' }]);
  });

  it('never rejects, even where a listener throws', async (test) => {
    const { directory, write, append } = setUpFolder(test);
    write('');
    const { tail, look } = setUpTail(test, directory, {
      onLines: ([line]) => {
        if (line === 'bad') throw new Error('thrown by the listener');
      },
    });
    await tail.start();
    append('bad\n');
    expect(await look()).toEqual(['bad']);
    append('good\n');
    expect(await look()).toEqual(['good']);
  });
});
