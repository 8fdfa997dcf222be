import { appendFileSync, copyFileSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { rotated } from './set-up.ts';

/** What a program, or whoever looks after its logs, does to a log file. */
export type LogStep =
  /** Bytes, or a number of lines that are in no file yet. */
  | { readonly kind: 'append'; readonly what: Buffer | number }
  /** To the file that was renamed last, as a program does that has not noticed yet. */
  | { readonly kind: 'appendAside'; readonly what: Buffer | number }
  | { readonly kind: 'rename' }
  | { readonly kind: 'delete' }
  | { readonly kind: 'copyAndTruncate' }
  /** Leaves the part of the file that `keep` (0 to 1) says. */
  | { readonly kind: 'truncate'; readonly keep: number }
  /** Truncates it and writes more lines than it had. */
  | { readonly kind: 'regrow' };

/** A file as it is, under whatever name, and the bytes of it that were there when it was last read. */
interface ModelFile {
  bytes: Buffer;
  read: Buffer;
}

const nothing = Buffer.alloc(0);

/** Real files, and what a tail of them must say: each byte that is there at a look once. */
export class LogModel {
  readonly #path: string;
  readonly #ended: (string | typeof rotated)[] = [];
  #named: ModelFile | undefined;
  #aside: ModelFile | undefined;
  #followed: ModelFile | undefined;
  /** All bytes of the file under way that were there at a look. */
  #bytes = nothing;
  #linesMade = 0;

  constructor(path: string) {
    this.#path = path;
  }

  run(step: LogStep): void {
    if (step.kind === 'append') this.#append(this.#bytesOf(step.what));
    else if (step.kind === 'appendAside') this.#appendAside(this.#bytesOf(step.what));
    else if (this.#named !== undefined) this.#change(this.#named, step);
  }

  /** A look of the tail. */
  look(): void {
    if (this.#followed !== undefined && this.#named !== undefined && this.#followed !== this.#named) {
      this.#read(this.#followed);
      this.#endFile();
      this.#followed = this.#named;
    }
    this.#followed ??= this.#named;
    if (this.#followed !== undefined) this.#read(this.#followed);
  }

  /** All that was to be heard by now, the backlog included. */
  heard(): (string | typeof rotated)[] {
    return [...this.#ended, ...this.current()];
  }

  /** The lines of the file under way. */
  current(): string[] {
    return linesOf(this.#bytes).slice(0, -1);
  }

  #read(file: ModelFile): void {
    if (!file.bytes.subarray(0, file.read.length).equals(file.read)) {
      this.#endFile();
      file.read = nothing;
    }
    this.#bytes = Buffer.concat([this.#bytes, file.bytes.subarray(file.read.length)]);
    file.read = file.bytes;
  }

  #endFile(): void {
    const isTerminated = this.#bytes.length === 0 || this.#bytes.at(-1) === 0x0a;
    this.#ended.push(...(isTerminated ? this.current() : linesOf(this.#bytes)), rotated);
    this.#bytes = nothing;
  }

  #change(file: ModelFile, step: Exclude<LogStep, { kind: 'append' | 'appendAside' }>): void {
    if (step.kind === 'truncate') this.#truncate(file, Math.floor(step.keep * file.bytes.length));
    else if (step.kind === 'delete') {
      rmSync(this.#path);
      this.#named = undefined;
    } else if (step.kind === 'rename') {
      renameSync(this.#path, `${this.#path}.1`);
      this.#aside = file;
      this.#named = undefined;
    } else if (step.kind === 'copyAndTruncate') {
      copyFileSync(this.#path, `${this.#path}.copy`);
      this.#truncate(file, 0);
    } else {
      const { length } = file.bytes;
      this.#truncate(file, 0);
      while (file.bytes.length < length) this.#append(this.#bytesOf(1 + Math.floor(length / 100)));
    }
  }

  #append(bytes: Buffer): void {
    appendFileSync(this.#path, bytes);
    this.#named ??= { bytes: nothing, read: nothing };
    this.#named.bytes = Buffer.concat([this.#named.bytes, bytes]);
  }

  #appendAside(bytes: Buffer): void {
    if (this.#aside === undefined) return;
    appendFileSync(`${this.#path}.1`, bytes);
    this.#aside.bytes = Buffer.concat([this.#aside.bytes, bytes]);
  }

  #truncate(file: ModelFile, to: number): void {
    truncateSync(this.#path, to);
    file.bytes = file.bytes.subarray(0, to);
  }

  #bytesOf(what: Buffer | number): Buffer {
    if (typeof what !== 'number') return what;
    const made: string[] = [];
    for (let index = 0; index < what; index += 1) {
      this.#linesMade += 1;
      made.push(`line ${this.#linesMade} ${'é'.repeat(this.#linesMade % 60)}\n`);
    }
    return Buffer.from(made.join(''));
  }
}

/** The last one is what follows the last LF. Of each counts what follows its last CR. */
function linesOf(bytes: Buffer): string[] {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  return text.split('\n').map((line) => line.split('\r').findLast((part) => part !== '') ?? '');
}
