import {
  accessSync,
  appendFileSync,
  constants,
  lstatSync,
  mkdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { type DemoLog, messageOf } from '../demo-log.ts';

/** The folder for log files cannot be used; the message says which and why. */
export class LogFolderError extends Error {
  constructor(folder: string, reason: string) {
    super(`cannot write log files to ${folder}: ${reason}`);
    this.name = 'LogFolderError';
  }
}

/** Log files `<name>.log`, each rotated to `<name>.log.1` when it is full. Nothing is open between two calls. */
export interface LogFiles {
  /** Makes the folder where only its last part is missing; throws LogFolderError. */
  open(): void;
  /** Never throws: what cannot be written is dropped, and the first of a series is logged. */
  append(name: string, text: string): void;
  /** Removes what was written under this name; never throws. */
  remove(name: string): void;
  /** Removes the files written, and the folder if nothing else is in it, where `open` made the folder. */
  close(): void;
}

export interface LogFilesOptions {
  folder: string;
  /** A file that a line would make larger is rotated first. */
  maxBytes: number;
  log: DemoLog;
}

/** Synchronous throughout: a few short lines a second, in order, and a rotation that nothing comes between. */
export function createLogFiles({ folder, maxBytes, log }: LogFilesOptions): LogFiles {
  const written = new Set<string>();
  let isOwn = false;
  let failing = false;

  const pathOf = (name: string): string => join(folder, `${name}.log`);

  /** Whether it did not exist before. */
  function makeFolder(): boolean {
    try {
      mkdirSync(folder);
      return true;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
    if (!statSync(folder).isDirectory()) throw new Error('it is not a folder');
    accessSync(folder, constants.W_OK | constants.X_OK);
    return false;
  }

  /** A fault that lasts is logged once. */
  function attempt(task: () => void): void {
    try {
      task();
      failing = false;
    } catch (error) {
      if (!failing) log.warn({ error: messageOf(error) }, 'demo engine cannot write its log files');
      failing = true;
    }
  }

  function removeFiles(name: string): void {
    if (!written.delete(name)) return;
    for (const path of [pathOf(name), `${pathOf(name)}.1`]) rmSync(path, { force: true });
  }

  return {
    open() {
      try {
        isOwn = makeFolder() || isOwn;
      } catch (error) {
        const isAlone = codeOf(error) === 'ENOENT';
        throw new LogFolderError(folder, isAlone ? 'the folder it is to be in is missing' : messageOf(error));
      }
    },
    append: (name, text) =>
      attempt(() => {
        const path = pathOf(name);
        const entry = lstatSync(path, { throwIfNoEntry: false });
        // A link would be followed to anywhere, a pipe would hold up the process.
        if (entry !== undefined && !entry.isFile()) throw new Error(`${path} is not a plain file`);
        written.add(name);
        const size = entry?.size ?? 0;
        if (size > 0 && size + Buffer.byteLength(text) > maxBytes) renameSync(path, `${path}.1`);
        appendFileSync(path, text);
      }),
    remove: (name) => attempt(() => removeFiles(name)),
    close() {
      if (!isOwn) return;
      isOwn = false;
      attempt(() => {
        for (const name of [...written]) removeFiles(name);
        rmdirSync(folder);
      });
    },
  };
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
