import { errorMessage } from '../../../core/errors.ts';
import type { Log } from '../../../core/log.ts';
import type { Meter } from '../../../core/meter.ts';

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
export interface FaultReport {
  failed(error: unknown): void;
  succeeded(): void;
}

export function createFaultReport(path: string, log: Log, meter: Meter): FaultReport {
  const reported = new Set<string>();
  return {
    failed(error) {
      const code = errorCode(error);
      meter.count('bff_source_failures_total', { source: 'log', reason: code.toLowerCase() });
      if (reported.has(code)) return;
      reported.add(code);
      log.warn(
        { path, code, error: errorMessage(error), expected: expectations[code] },
        'log file not readable',
      );
    },
    succeeded() {
      if (reported.size === 0) return;
      reported.clear();
      log.info({ path }, 'log file readable again');
    },
  };
}

/** The code of a system error or of a LogFileFault; `UNKNOWN` for anything else. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN';
}
