import type { RefusalReason } from '../core/untrusted-json.ts';

/** Why a poll gave no data. Stable: label values of `bff_source_failures_total`. */
export type PollFailureReason =
  | 'connect'
  | 'timeout'
  | 'status'
  | 'redirect'
  | 'too_large'
  | 'encoding'
  | RefusalReason
  | 'offline'
  | 'shape';

export interface PollFailureOptions {
  /** Whether the same request may succeed a moment later. Default false. */
  readonly retryable?: boolean;
  /** HTTP status, where the engine answered with one that is no success. */
  readonly status?: number;
  /** More for the log: may name keys of the answer, never values. */
  readonly detail?: string;
}

/**
 * A poll that failed. The message is shown to clients as `sources.<name>.error`, so it says what was wrong in
 * the gateway's own words, before a code if there is one: nothing of the answer, no URL.
 */
export class PollFailure extends Error {
  readonly reason: PollFailureReason;
  readonly retryable: boolean;
  readonly status: number | undefined;
  readonly detail: string | undefined;

  constructor(reason: PollFailureReason, message: string, options: PollFailureOptions = {}) {
    super(message);
    this.name = 'PollFailure';
    this.reason = reason;
    this.retryable = options.retryable ?? false;
    this.status = options.status;
    this.detail = options.detail;
  }
}

const refusals: Readonly<Record<RefusalReason, string>> = {
  malformed: 'the answer is not valid JSON',
  too_deep: 'the answer is nested too deep',
  too_many: 'the answer has too many members and items',
  forbidden_key: 'the answer has a key that is not allowed',
};

/** The failure of a poll whose answer was refused before it was looked at. */
export function unreadable({ reason, detail }: { reason: RefusalReason; detail: string }): PollFailure {
  return new PollFailure(reason, refusals[reason], { detail });
}
