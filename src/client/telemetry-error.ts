interface ErrorDetails {
  readonly command?: string | undefined;
  readonly requestId?: string | undefined;
  readonly cause?: unknown;
}

/**
 * What `command` and `setOptions` reject with, and what the event `error` carries. `code` is stable: one of the
 * gateway's (`FORBIDDEN`, `STALE`, `BAD_OPTION`, …, see README.md), or
 *
 * | code | meaning |
 * |---|---|
 * | `NOT_CONNECTED` | there is no WebSocket connection; nothing was sent |
 * | `DISCONNECTED` | the connection ended before the answer: a command may have had its effect |
 * | `TIMEOUT` | no answer in time: a command may have had its effect |
 * | `CLOSED` | the client was closed; a command that was sent may have had its effect |
 * | `TOKEN` | event only: the token provider failed, see `cause` |
 * | `LISTENER` | event only: a listener, callback or selector threw, see `cause` |
 */
export class TelemetryError extends Error {
  override readonly name = 'TelemetryError';
  readonly code: string;
  /** The command that it answers. */
  readonly command: string | undefined;
  readonly requestId: string | undefined;

  constructor(code: string, message: string, details: ErrorDetails = {}) {
    super(message, details);
    this.code = code;
    this.command = details.command;
    this.requestId = details.requestId;
  }
}

/** An option that cannot be used, for what the message says. */
export function badOption(message: string): TelemetryError {
  return new TelemetryError('BAD_OPTION', message);
}
