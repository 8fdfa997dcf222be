import { linkSync, mkdirSync, renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  identify,
  isLogName,
  isSameFile,
  logPath,
  openLog,
} from '../../../../src/protocol/streams/file-tail/open.ts';
import { within } from '../../../support/wait.ts';
import { heldOpen, makePipe, setUpFolder } from './set-up.ts';

describe('isLogName', () => {
  it.each(['engine', 'a', 'agent-1_b.2', '...', '-rf', 'x'.repeat(64)])('takes %j', (name) => {
    expect(isLogName(name)).toBe(true);
  });

  const refused = ['', '.', '..', '../a', 'a/b', 'a\\b', 'a\0', 'a\n', 'ä', 'a b', '%2e%2e', 'x'.repeat(65)];
  it.each(refused)('refuses %j', (name) => {
    expect(isLogName(name)).toBe(false);
    expect(() => logPath('/logs', name)).toThrow(RangeError);
  });

  it('takes no name that leads out of the folder', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('.', '/', '\\', 'a', '\0'), maxLength: 8 }), (name) => {
        fc.pre(isLogName(name));
        expect(logPath('/logs', name)).toBe(`/logs/${name}.log`);
      }),
    );
  });
});

describe('openLog', () => {
  it('opens a regular file and says which one it is', async (test) => {
    const { path, write } = setUpFolder(test);
    write('text\n');
    const opened = await openLog(path);
    test.onTestFinished(() => opened?.handle.close());
    expect(opened?.identity).toEqual(await identify(path));
  });

  it('gives nothing where there is no file, or no folder', async (test) => {
    const { path, directory } = setUpFolder(test);
    expect(await openLog(path)).toBe(undefined);
    expect(await openLog(join(directory, 'missing', 'engine.log'))).toBe(undefined);
  });

  const others: Record<string, (path: string, directory: string) => void> = {
    'a link to a file of the folder': (path, directory) => symlinkSync(join(directory, 'other.log'), path),
    'a link out of the folder': (path) => symlinkSync('/etc/hostname', path),
    'a link to nothing': (path, directory) => symlinkSync(join(directory, 'missing'), path),
    'a link to itself': (path) => symlinkSync(path, path),
    'a folder': (path) => mkdirSync(path),
    'a pipe that nobody writes to': makePipe,
  };
  it.for(Object.entries(others))('refuses %s at once, and holds nothing open', async ([, make], test) => {
    const { path, directory } = setUpFolder(test);
    make(path, directory);
    const code = expect.stringMatching(/^(ELOOP|NOT_A_FILE)$/);
    await expect(within('the refusal', openLog(path))).rejects.toMatchObject({ code });
    expect(heldOpen(directory)).toEqual([]);
  });
});

describe('isSameFile', () => {
  it('knows a file by what it is, not by its name', async (test) => {
    const { path, write, append, directory } = setUpFolder(test);
    write('a');
    const before = await identify(path);
    append('b');
    const moved = join(directory, 'engine.log.1');
    renameSync(path, moved);
    linkSync(moved, path);
    const after = await identify(path);
    expect(before && after && isSameFile(before, after)).toBe(true);
  });

  it('tells files apart by each of device, inode and time of birth, where that is known', () => {
    const file = { device: 1n, inode: 2n, bornAt: 3n };
    expect(isSameFile(file, { ...file })).toBe(true);
    expect(isSameFile(file, { ...file, device: 9n })).toBe(false);
    expect(isSameFile(file, { ...file, inode: 9n })).toBe(false);
    expect(isSameFile(file, { ...file, bornAt: 9n })).toBe(false);
    expect(isSameFile(file, { ...file, bornAt: undefined })).toBe(true);
  });
});
