import type { BigIntStats } from 'node:fs';
import { constants, type FileHandle, lstat, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessage } from '../../../core/errors.ts';
import type { Log } from '../../../core/log.ts';
import type { Meter } from '../../../core/meter.ts';

/** Whether `<name>.log` is a file of the log folder by name: nothing in it leads out of there. */
export function isLogName(name: string): boolean {
  return /^[A-Za-z0-9._-]{1,64}$/.test(name) && name !== '.' && name !== '..';
}

/** `<directory>/<name>.log`. Throws a RangeError for a name that `isLogName` refuses. */
export function logPath(directory: string, name: string): string {
  if (!isLogName(name))
    throw new RangeError('a log is named by 1 to 64 of A-Z a-z 0-9 . _ -, not "." or ".."');
  return join(directory, `${name}.log`);
}

/**
 * Which file it is, whatever its name. `bornAt` is undefined where it is not known apart from the time of the
 * last change: without statx(2) (old sandboxes) Node gives that one instead, and each write would move it.
 */
export interface FileIdentity {
  readonly device: bigint;
  readonly inode: bigint;
  readonly bornAt: bigint | undefined;
}

export function isSameFile(a: FileIdentity, b: FileIdentity): boolean {
  const bothBirthsKnown = a.bornAt !== undefined && b.bornAt !== undefined;
  return a.device === b.device && a.inode === b.inode && (!bothBirthsKnown || a.bornAt === b.bornAt);
}

export interface OpenedLog {
  readonly handle: FileHandle;
  readonly identity: FileIdentity;
}

/**
 * Which file the path names now; undefined where there is none. Rejects with a LogFileFault for what is no
 * regular file, and with the system's error.
 */
export async function identify(path: string): Promise<FileIdentity | undefined> {
  try {
    return regularFile(await lstat(path, { bigint: true }));
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

/**
 * Opens the file for reading; undefined where there is none. Rejects as `identify` does. The caller closes the
 * handle.
 */
export async function openLog(path: string): Promise<OpenedLog | undefined> {
  // Checked before it is opened: opening a device or a pipe has side effects.
  if ((await identify(path)) === undefined) return undefined;
  let handle: FileHandle;
  try {
    // What has become a link or a pipe since then is neither followed nor waited for.
    handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
  try {
    return { handle, identity: regularFile(await handle.stat({ bigint: true })) };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function regularFile(stats: BigIntStats): FileIdentity {
  if (stats.isSymbolicLink()) throw new LogFileFault('ELOOP', 'the path is a symbolic link');
  if (!stats.isFile()) throw new LogFileFault('NOT_A_FILE', 'the path is not a regular file');
  const bornAt = stats.birthtimeNs === stats.ctimeNs ? undefined : stats.birthtimeNs;
  return { device: stats.dev, inode: stats.ino, bornAt };
}

/** Rejects with a LogFileFault where there is no such folder. */
export async function requireFolder(path: string): Promise<void> {
  const isFolder = await stat(path).then(
    (stats) => stats.isDirectory(),
    (error: unknown) => {
      if (isAbsence(error)) return false;
      throw error;
    },
  );
  if (!isFolder) throw new LogFileFault('NO_FOLDER', 'the folder of the log does not exist');
}

function isAbsence(error: unknown): boolean {
  const code = errorCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** A place that is not to be read, or not there. System errors bring their own codes: EACCES, EMFILE, … */
export class LogFileFault extends Error {
  readonly code: 'NO_FOLDER' | 'ELOOP' | 'NOT_A_FILE';

  constructor(code: LogFileFault['code'], message: string) {
    super(message);
    this.name = 'LogFileFault';
    this.code = code;
  }
}

const mayRead = 'a file and a folder that the user of the gateway may read';
const moreDescriptors = 'a higher open-file limit (ulimit -n), or fewer logs open at once';
const soundVolume = 'a volume that can be read';

/** What would be right instead, by error code. */
const expectations: Readonly<Record<string, string>> = {
  NO_FOLDER: 'a log folder that exists (INSTANCE_LOG_DIR)',
  ELOOP: 'a regular file in this place, not a link: links are not followed',
  NOT_A_FILE: 'a regular file in this place: no folder, pipe, socket or device',
  EACCES: mayRead,
  EPERM: mayRead,
  EMFILE: moreDescriptors,
  ENFILE: moreDescriptors,
  ENOSPC: 'free space on the volume',
  EIO: soundVolume,
  ESTALE: soundVolume,
};

/** Reports what keeps a file from being read: each kind once, until a read succeeds. */
export class FaultReport {
  readonly #path: string;
  readonly #log: Log;
  readonly #meter: Meter;
  readonly #reported = new Set<string>();

  constructor(path: string, log: Log, meter: Meter) {
    this.#path = path;
    this.#log = log;
    this.#meter = meter;
  }

  failed(error: unknown): void {
    const code = errorCode(error);
    this.#meter.count('bff_source_failures_total', { source: 'log', reason: code.toLowerCase() });
    if (this.#reported.has(code)) return;
    this.#reported.add(code);
    const fields = { path: this.#path, code, error: errorMessage(error), expected: expectations[code] };
    this.#log.warn(fields, 'log file not readable');
  }

  succeeded(): void {
    if (this.#reported.size === 0) return;
    this.#reported.clear();
    this.#log.info({ path: this.#path }, 'log file readable again');
  }
}

/** The code of a system error or of a LogFileFault; `UNKNOWN` for anything else. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN';
}
