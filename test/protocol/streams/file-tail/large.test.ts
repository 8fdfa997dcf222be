import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { cutMarker, maxLineBytes } from '../../../../src/protocol/streams/file-tail/lines.ts';
import { waitFor } from '../../../support/wait.ts';
import { setUpFolder, setUpTail } from './set-up.ts';

const mebibyte = 1024 * 1024;
const lineOf = (length: number): string => `${'x'.repeat(length - 1)}\n`;
/** 1 MiB in lines of 128 bytes. */
const block = Buffer.from(lineOf(128).repeat(mebibyte / 128));

/** Memory that JavaScript holds, in MiB, what is not yet collected included. */
function memory(): number {
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / mebibyte;
}

describe('FileTail, on large files', () => {
  it('opens a file of 100 MB by reading a few blocks of it', async (test) => {
    const { directory, append } = setUpFolder(test);
    for (let index = 0; index < 100; index += 1) append(block);
    const before = memory();
    for (let run = 0; run < 5; run += 1) {
      const { tail } = setUpTail(test, directory);
      await tail.start();
      expect(tail.recent(100)).toHaveLength(100);
      await tail.stop();
    }
    expect(memory() - before).toBeLessThan(30);
  });

  it('takes 200 MB written between two looks in bounded memory, giving way in between', async (test) => {
    const { directory, write, append } = setUpFolder(test);
    write('');
    let lines = 0;
    let most = 0;
    const { tail, heard } = setUpTail(test, directory, {
      onLines(batch) {
        lines += batch.length;
        most = Math.max(most, memory());
        heard();
      },
    });
    await tail.start();
    for (let index = 0; index < 200; index += 1) append(block);
    const before = memory();
    let looking = true;
    const look = tail.poll().then(() => {
      looking = false;
    });
    let turns = 0;
    for (; looking; turns += 1) await nextTurn();
    await look;
    expect(lines).toBe((200 * mebibyte) / 128);
    expect(most - before).toBeLessThan(100);
    // At least one turn for each chunk of 256 KiB.
    expect(turns).toBeGreaterThan(200 * 4);
  });

  it('reads no further while its listener asks it to wait', async (test) => {
    const { directory, write, append } = setUpFolder(test);
    write('');
    let batches = 0;
    let goOn = (): void => {};
    const { tail } = setUpTail(test, directory, {
      onLines() {
        batches += 1;
        return new Promise((resolve) => {
          goOn = resolve;
        });
      },
    });
    await tail.start();
    append(block);
    const look = tail.poll();
    for (let batch = 1; batch <= 4; batch += 1) {
      await waitFor('a batch', () => batches === batch);
      for (let turn = 0; turn < 100; turn += 1) await nextTurn();
      expect(batches).toBe(batch);
      goOn();
    }
    await look;
  });

  it('holds no more than one line of a file without line ends', async (test) => {
    const { directory, write, append } = setUpFolder(test);
    write('');
    const { tail, look } = setUpTail(test, directory);
    await tail.start();
    const endless = Buffer.alloc(mebibyte, 'x');
    for (let index = 0; index < 50; index += 1) append(endless);
    const before = memory();
    expect(await look()).toEqual([`${'x'.repeat(maxLineBytes)}${cutMarker}`]);
    append('\nnext\n');
    expect(await look()).toEqual(['next']);
    expect(memory() - before).toBeLessThan(30);
  });
});
