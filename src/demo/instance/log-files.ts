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
import { type DemoLog, messageOf } from '../log.ts';

/** The folder for log files cannot be used; the message says which and why. */
export class LogFolderError extends Error {
  constructor(folder: string, reason: string) {
    super(`cannot write log files to ${folder}: ${reason}`);
    this.name = 'LogFolderError';
  }
}

/**
 * Log files `<name>.log`, each rotated to `<name>.log.1` when it is full. Calls are synchronous and keep no file open:
 * for a few short lines a second that is fast enough, lines stay in order, and no write interrupts a rotation.
 */
export class LogFiles {
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #log: Pick<DemoLog, 'warn'>;
  readonly #written = new Set<string>();
  #isOwn = false;
  #failing = false;

  /** @param maxBytes a file that a line would make larger is rotated first */
  constructor(folder: string, maxBytes: number, log: Pick<DemoLog, 'warn'>) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    this.#log = log;
  }

  /** Makes the folder where only its last part is missing; throws LogFolderError. */
  open(): void {
    try {
      this.#isOwn = makeFolder(this.#folder) || this.#isOwn;
    } catch (error) {
      const isAlone = codeOf(error) === 'ENOENT';
      const reason = isAlone ? 'the folder it is to be in is missing' : messageOf(error);
      throw new LogFolderError(this.#folder, reason);
    }
  }

  /** Never throws: what cannot be written is dropped, and the first of a series is logged. */
  append(name: string, text: string): void {
    this.#attempt(() => {
      const path = this.#pathOf(name);
      const entry = lstatSync(path, { throwIfNoEntry: false });
      // A link would be followed to anywhere, a pipe would hold up the process.
      if (entry !== undefined && !entry.isFile()) throw new Error(`${path} is not a plain file`);
      this.#written.add(name);
      const size = entry?.size ?? 0;
      if (size > 0 && size + Buffer.byteLength(text) > this.#maxBytes) renameSync(path, `${path}.1`);
      appendFileSync(path, text);
    });
  }

  /** Removes what was written under this name; never throws. */
  remove(name: string): void {
    this.#attempt(() => this.#removeFiles(name));
  }

  /** Removes the files written, and the folder if nothing else is in it, where `open` made the folder. */
  close(): void {
    if (!this.#isOwn) return;
    this.#isOwn = false;
    this.#attempt(() => {
      for (const name of [...this.#written]) this.#removeFiles(name);
      rmdirSync(this.#folder);
    });
  }

  #pathOf(name: string): string {
    return join(this.#folder, `${name}.log`);
  }

  #removeFiles(name: string): void {
    if (!this.#written.delete(name)) return;
    for (const path of [this.#pathOf(name), `${this.#pathOf(name)}.1`]) rmSync(path, { force: true });
  }

  /** A fault that lasts is logged once. */
  #attempt(task: () => void): void {
    try {
      task();
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) {
        this.#log.warn({ error: messageOf(error) }, 'demo engine cannot write its log files');
      }
      this.#failing = true;
    }
  }
}

/** Whether it did not exist before. */
function makeFolder(folder: string): boolean {
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

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
