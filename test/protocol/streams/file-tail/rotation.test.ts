import {
  appendFileSync,
  closeSync,
  copyFileSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { describe, expect, it, type TestContext } from 'vitest';
import { heldOpen, rotated, setUpFolder, setUpTail } from './set-up.ts';

/** A tail that has delivered all of a file that ends in a half-written line. */
async function following(test: TestContext, text = 'old\nhalf') {
  const folder = setUpFolder(test);
  folder.write(text);
  const subject = setUpTail(test, folder.directory);
  await subject.tail.start();
  return { ...folder, ...subject, aside: `${folder.path}.1` };
}

describe('FileTail, when the file is replaced', () => {
  it('drains the renamed file, its unterminated line included, before it reads the new one', async (test) => {
    const { path, aside, append, write, look, directory } = await following(test);
    append(' a line\nunread\nlast');
    renameSync(path, aside);
    appendFileSync(aside, ' words');
    write('new\n');
    expect(await look()).toEqual(['half a line', 'unread', 'last words', rotated, 'new']);
    expect(heldOpen(directory)).toEqual(['engine.log']);
  });

  it('drains a deleted file too', async (test) => {
    const { path, append, write, look, directory } = await following(test);
    append('-line\nunread');
    rmSync(path);
    write('new\n');
    expect(await look()).toEqual(['half-line', 'unread', rotated, 'new']);
    expect(heldOpen(directory)).toEqual(['engine.log']);
  });

  it('follows the file it has until another one takes the name', async (test) => {
    const { path, aside, write, look, log } = await following(test);
    renameSync(path, aside);
    appendFileSync(aside, '-line\n');
    expect(await look()).toEqual(['half-line']);
    appendFileSync(aside, 'late\n');
    expect(await look()).toEqual(['late']);
    write('new\n');
    expect(await look()).toEqual([rotated, 'new']);
    expect(log.entries).toEqual([]);
  });

  it('says nothing when the file is renamed away and back', async (test) => {
    const { path, aside, append, look } = await following(test);
    renameSync(path, aside);
    await look();
    renameSync(aside, path);
    append('-line\n');
    expect(await look()).toEqual(['half-line']);
  });

  it('is not deceived by a new file with the same beginning and length', async (test) => {
    const { path, write, look } = await following(test, 'same\n');
    rmSync(path);
    write('same\n');
    expect(await look()).toEqual([rotated, 'same']);
  });

  it('starts the backlog afresh with the new file', async (test) => {
    const { path, write, look, tail } = await following(test, 'old\n');
    rmSync(path);
    write('new\n');
    await look();
    expect(tail.recent(10)).toEqual(['new']);
  });
});

describe('FileTail, when the file is truncated', () => {
  it('ends the line under way and reads from the start again', async (test) => {
    const { path, append, look } = await following(test);
    truncateSync(path);
    expect(await look()).toEqual(['half', rotated]);
    append('new\n');
    expect(await look()).toEqual(['new']);
  });

  it('takes a copy and a truncation for a new file', async (test) => {
    const { path, aside, append, look } = await following(test);
    copyFileSync(path, aside);
    truncateSync(path);
    append('new\n');
    expect(await look()).toEqual(['half', rotated, 'new']);
  });

  it.for([0, 1, 5000])(
    'notices that it has grown again, by %i bytes more than were read',
    async (more, test) => {
      const { path, append, look } = await following(test, `${'old line\n'.repeat(1000)}half`);
      const size = statSync(path).size;
      truncateSync(path);
      append(`${'n'.repeat(size - 1)}\n`);
      append('m'.repeat(more));
      append('\n');
      const [half, turn, first] = await look();
      expect([half, turn, first]).toEqual(['half', rotated, 'n'.repeat(size - 1)]);
    },
  );

  it('notices new text that differs in its first line only', async (test) => {
    const repeated = 'the same line\n'.repeat(500);
    const { path, append, look, tail } = await following(test, `started at 10:00\n${repeated}`);
    truncateSync(path);
    append(`started at 11:00\n${repeated}`);
    expect((await look()).slice(0, 2)).toEqual([rotated, 'started at 11:00']);
    expect(tail.recent(1000)).toHaveLength(501);
  });

  it('notices new text that differs in what was read last only', async (test) => {
    const repeated = 'the same line\n'.repeat(500);
    const { path, append, look } = await following(test, `${repeated}old\n`);
    truncateSync(path);
    append(`${repeated}new\n`);
    expect((await look()).at(0)).toBe(rotated);
  });

  it('does not mind what is cut off before it was read', async (test) => {
    const { path, append, look } = await following(test, 'old\n');
    append('unread\n');
    truncateSync(path, 4);
    append('new\n');
    expect(await look()).toEqual(['new']);
  });

  it('reads a file that was rewritten and then replaced, both parts of it', async (test) => {
    const { path, aside, append, write, look } = await following(test);
    truncateSync(path);
    append('rewritten\n');
    renameSync(path, aside);
    write('new\n');
    expect(await look()).toEqual(['half', rotated, 'rewritten', rotated, 'new']);
  });

  it('goes on in step where a writer without O_APPEND leaves a hole', async (test) => {
    const { path, look } = await following(test, '');
    const writer = openSync(path, 'r+');
    test.onTestFinished(() => closeSync(writer));
    writeSync(writer, 'old\n');
    await look();
    truncateSync(path);
    writeSync(writer, 'new\nnext\n');
    expect(await look()).toEqual([rotated, 'new', 'next']);
    writeSync(writer, 'more\n');
    expect(await look()).toEqual(['more']);
  });
});
