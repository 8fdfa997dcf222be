import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openLog } from '../../../../src/protocol/streams/file-tail/open.ts';
import { within } from '../../../support/wait.ts';
import { heldOpen, makePipe, setUpFolder, setUpTail } from './set-up.ts';

vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof import('node:fs/promises')>();
  return { ...original, open: vi.fn(original.open) };
});
const { open: reallyOpen } = await vi.importActual<typeof import('node:fs/promises')>('node:fs/promises');

/** Does something after the path was looked at and before it is opened. */
function beforeItIsOpened(task: () => void): void {
  vi.mocked(open).mockImplementationOnce((...args) => {
    task();
    return reallyOpen(...args);
  });
}

afterEach(() => void vi.mocked(open).mockReset());

describe('openLog, when the file is exchanged before it is opened', () => {
  const others: [name: string, code: string, make: (path: string) => void][] = [
    ['a link', 'ELOOP', (path) => symlinkSync('/etc/hostname', path)],
    ['a folder', 'NOT_A_FILE', (path) => mkdirSync(path)],
    ['a pipe', 'NOT_A_FILE', makePipe],
  ];
  it.for(others)('refuses %s at once, and holds nothing open', async ([, code, make], test) => {
    const { path, directory, write } = setUpFolder(test);
    write('text\n');
    beforeItIsOpened(() => {
      rmSync(path);
      make(path);
    });
    await expect(within('the refusal', openLog(path))).rejects.toMatchObject({ code });
    expect(heldOpen(directory)).toEqual([]);
  });

  it('gives nothing for a file that is gone', async (test) => {
    const { path, write } = setUpFolder(test);
    write('text\n');
    beforeItIsOpened(() => rmSync(path));
    expect(await openLog(path)).toBe(undefined);
  });
});

describe('FileTail, when the file is exchanged before it is opened', () => {
  it('goes on with the file it has when that has its name again', async (test) => {
    const { directory, path, write, append } = setUpFolder(test);
    write('one\n');
    const { tail, look } = setUpTail(test, directory);
    await tail.start();
    renameSync(path, `${path}.1`);
    write('other\n');
    beforeItIsOpened(() => {
      renameSync(`${path}.1`, path);
      append('two\n');
    });
    expect(await look()).toEqual(['two']);
    expect(heldOpen(directory)).toEqual(['engine.log']);
  });

  it('delivers all of the next file when the first one is gone by then', async (test) => {
    const { directory, path, write } = setUpFolder(test);
    write('old\n');
    const { tail, look } = setUpTail(test, directory, { backlogLines: 1 });
    beforeItIsOpened(() => rmSync(path));
    await tail.start();
    write('one\ntwo\n');
    expect(await look()).toEqual(['one', 'two']);
  });
});
