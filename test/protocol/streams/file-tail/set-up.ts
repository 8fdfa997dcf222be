import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileTail } from '../../../../src/protocol/streams/file-tail/file-tail.ts';
import { createTestContext } from '../../../support/context.ts';
import type { TestScope } from '../../../support/wait.ts';

export const rotated = Symbol('rotated');
export const unavailable = Symbol('unavailable');

/** A log folder with one log, `engine.log`. It is gone when the test is over. */
export function setUpFolder(test: TestScope) {
  const directory = mkdtempSync(join(tmpdir(), 'file-tail-'));
  test.onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'engine.log');
  return {
    directory,
    path,
    write: (text: string | Buffer) => writeFileSync(path, text),
    append: (text: string | Buffer) => appendFileSync(path, text),
  };
}

export interface TailSetUp {
  readonly backlogLines?: number;
  /** Called with each batch, after it was noted. */
  readonly onLines?: (lines: readonly string[]) => void | Promise<void>;
}

/**
 * A tail of `engine.log` that looks when the test says so, or when the test moves its clock. What it starts with is the
 * backlog, which `recent` gives; what follows is heard.
 */
export function setUpTail(
  test: TestScope,
  directory: string,
  { onLines, backlogLines = 1000 }: TailSetUp = {},
) {
  const { clock, log, meter } = createTestContext();
  const heard: (string | typeof rotated | typeof unavailable)[] = [];
  let current: readonly string[] = [];
  let hasLooked = false;
  const begin = (entry: typeof rotated | typeof unavailable): void => {
    current = [];
    if (hasLooked) heard.push(entry);
  };
  const fileTail = new FileTail({
    directory,
    name: 'engine',
    clock,
    log,
    meter,
    backlogLines,
    onLines(lines) {
      current = backlogLines === 0 ? [] : [...current, ...lines].slice(-backlogLines);
      if (!hasLooked) return undefined;
      heard.push(...lines);
      return onLines?.(lines);
    },
    onRotated: () => begin(rotated),
    onUnavailable: () => begin(unavailable),
  });
  const noting = (look: Promise<void>): Promise<void> => {
    void look.then(() => {
      hasLooked = true;
    });
    return look;
  };
  const tail = {
    start: () => noting(fileTail.start()),
    poll: () => noting(fileTail.poll()),
    stop: () => fileTail.stop(),
    recent: (count: number) => (count === 0 ? [] : current.slice(-count)),
    get isObstructed() {
      return fileTail.isObstructed;
    },
  };
  test.onTestFinished(() => tail.stop());
  return {
    tail,
    clock,
    log,
    meter,
    /** What the tail said since this was last asked. */
    heard: () => heard.splice(0),
    /** What one look brings. */
    async look() {
      await tail.poll();
      return heard.splice(0);
    },
  };
}

/** A named pipe: Node cannot make one. */
export function makePipe(path: string): void {
  // POSIX has it everywhere; not a literal call, which knip takes for a binary of a package.
  const command = 'mkfifo';
  execFileSync(command, [path]);
}

/** Files below a folder that this process holds open, by the names they had; deleted ones are marked so. */
export function heldOpen(directory: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${descriptor}`);
      return target.startsWith(`${directory}/`) ? [target.slice(directory.length + 1)] : [];
    } catch {
      // The descriptor of the listing itself.
      return [];
    }
  });
}
