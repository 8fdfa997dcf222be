import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LogFiles, LogFolderError } from '../../../src/demo/instance/log-files.ts';

let around: string;
beforeEach(() => {
  around = mkdtempSync(join(tmpdir(), 'log-files-'));
});
afterEach(() => rmSync(around, { recursive: true, force: true }));

function filesIn(folder: string, maxBytes = 100) {
  const log = { warn: vi.fn() };
  return Object.assign(new LogFiles(folder, maxBytes, log), { log });
}

describe('LogFiles', () => {
  it('make their folder, append to a file a name, and leave nothing behind', () => {
    const folder = join(around, 'logs');
    const files = filesIn(folder);
    files.open();
    files.append('a', 'one\n');
    files.append('b', 'two\n');
    files.append('a', 'three\n');
    expect(readFileSync(join(folder, 'a.log'), 'utf8')).toBe('one\nthree\n');
    expect(readdirSync(folder)).toEqual(['a.log', 'b.log']);
    files.close();
    files.close();
    expect(existsSync(folder)).toBe(false);
    expect(files.log.warn).not.toHaveBeenCalled();
  });

  it('rotate before a line would make a file too large, and never lose or split one', () => {
    const folder = join(around, 'logs');
    const files = filesIn(folder, 10);
    files.open();
    const read = () => ['a.log.1', 'a.log'].map((file) => readFileSync(join(folder, file), 'utf8'));
    for (const line of ['1234\n', '5678\n', 'é\n']) files.append('a', line);
    expect(read()).toEqual(['1234\n5678\n', 'é\n']);
    files.append('a', 'longer than a whole file may be\n');
    expect(read()).toEqual(['é\n', 'longer than a whole file may be\n']);
    files.append('a', 'x\n');
    expect(read()).toEqual(['longer than a whole file may be\n', 'x\n']);
  });

  it('stay, with all that was there before, in a folder that was there before', () => {
    writeFileSync(join(around, 'a.log'), 'before\n');
    const files = filesIn(around);
    files.open();
    files.append('a', 'after\n');
    files.close();
    expect(readFileSync(join(around, 'a.log'), 'utf8')).toBe('before\nafter\n');
  });

  it('leave a folder of their own that somebody else has put something in', () => {
    const folder = join(around, 'logs');
    const files = filesIn(folder);
    files.open();
    files.append('a', 'one\n');
    writeFileSync(join(folder, 'mine.txt'), '');
    files.close();
    expect(readdirSync(folder)).toEqual(['mine.txt']);
    expect(files.log.warn).toHaveBeenCalledOnce();
  });

  it('go by name: both files of one are removed, and nothing they have not written', () => {
    writeFileSync(join(around, 'theirs.log'), '');
    const files = filesIn(around, 5);
    files.open();
    for (const line of ['one\n', 'two\n']) files.append('a', line);
    expect(readdirSync(around)).toHaveLength(3);
    files.remove('a');
    files.remove('theirs');
    expect(readdirSync(around)).toEqual(['theirs.log']);
  });

  it.each([
    ['a missing folder around it', () => join(around, 'no', 'logs'), 'the folder it is to be in is missing'],
    ['a file', () => join(around, 'file'), 'it is not a folder'],
    ['a file around it', () => join(around, 'file', 'logs'), 'ENOTDIR'],
  ])('refuse %s, and say why', (_name, folderOf, reason) => {
    writeFileSync(join(around, 'file'), '');
    const folder = folderOf();
    const open = () => filesIn(folder).open();
    expect(open).toThrow(LogFolderError);
    expect(open).toThrow(`cannot write log files to ${folder}: ${reason}`);
  });

  it('follow no link, hang on no folder of that name, and complain once until it works again', () => {
    const files = filesIn(around);
    files.open();
    writeFileSync(join(around, 'target'), '');
    symlinkSync(join(around, 'target'), join(around, 'a.log'));
    mkdirSync(join(around, 'b.log'));
    for (let line = 0; line < 3; line += 1) {
      files.append('a', 'one\n');
      files.append('b', 'one\n');
    }
    expect(readFileSync(join(around, 'target'), 'utf8')).toBe('');
    expect(files.log.warn).toHaveBeenCalledOnce();
    files.append('c', 'one\n');
    files.append('a', 'one\n');
    expect(files.log.warn).toHaveBeenCalledTimes(2);
  });

  it('survive that their folder is taken away', () => {
    const folder = join(around, 'logs');
    const files = filesIn(folder);
    files.open();
    rmSync(folder, { recursive: true });
    files.append('a', 'one\n');
    files.remove('a');
    files.close();
    expect(files.log.warn).toHaveBeenCalled();
    files.open();
    files.append('a', 'two\n');
    expect(readdirSync(folder)).toEqual(['a.log']);
    files.close();
    expect(existsSync(folder)).toBe(false);
  });
});
