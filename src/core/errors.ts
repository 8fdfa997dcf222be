/**
 * Why a request can be refused: HTTP status and title (RFC 9457) by a stable code that clients match on. The other
 * family of errors, the ends of sessions, is in `deliver/closes.ts`.
 */
export const problemTable = {
  BAD_REQUEST: { status: 400, title: 'The request is not valid' },
  UNAUTHENTICATED: { status: 401, title: 'A valid token is needed here' },
  FORBIDDEN_ROLE: { status: 403, title: 'The role of this token does not allow this' },
  INGEST_DISABLED: { status: 403, title: 'Without auth nobody may put anything in here' },
  FORBIDDEN: { status: 403, title: 'Commands need the role operator' },
  COMMANDS_DISABLED: { status: 403, title: 'Commands are off' },
  ORIGIN_REFUSED: { status: 403, title: 'This origin may not connect' },
  BAD_OPTION: { status: 400, title: 'An option of the request is not valid' },
  NOT_FOUND: { status: 404, title: 'Nothing is served at this path' },
  UNKNOWN_SYMBOL: { status: 404, title: 'The engine knows no such symbol' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'This path is not for this method' },
  REQUEST_TIMEOUT: { status: 408, title: 'The request was not complete in time' },
  STALE: { status: 409, title: 'The state is not fresh' },
  SUPERSEDED: { status: 409, title: 'A newer command cancelled this one' },
  TOO_LARGE: { status: 413, title: 'The body is too large' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'The body is of a type that is not taken here' },
  HOST_REFUSED: { status: 421, title: 'The gateway is not addressed by this name' },
  UPGRADE_REQUIRED: { status: 426, title: 'This path speaks WebSocket only' },
  TOO_MANY_CONNECTIONS: { status: 429, title: 'Too many connections from this address' },
  TOO_MANY_REQUESTS: { status: 429, title: 'Too many requests at once' },
  HEADERS_TOO_LARGE: { status: 431, title: 'The headers of the request are too large' },
  INTERNAL: { status: 500, title: 'The gateway failed to answer' },
  AUTH_UNAVAILABLE: { status: 503, title: 'Tokens cannot be verified at present' },
  ENGINE_REFUSED: { status: 502, title: 'The engine answered with an error' },
  ENGINE_UNREACHABLE: { status: 502, title: 'The engine did not answer' },
  AT_CAPACITY: { status: 503, title: 'The gateway has no connection left to give' },
  LIMIT: { status: 503, title: 'A limit of the gateway is reached' },
  NO_DATA: { status: 503, title: 'The engine has given no data yet' },
  SHUTTING_DOWN: { status: 503, title: 'The gateway is shutting down' },
} as const satisfies Record<string, { status: number; title: string }>;
export type ProblemCode = keyof typeof problemTable;

/** Why a request is refused, from the rules of access to the answer on the wire. */
export class Refusal {
  readonly code: ProblemCode;
  /** One sentence on this very case, safe to log and to send. */
  readonly detail: string | undefined;
  /** Seconds after which a retry makes sense; undefined: not known. */
  readonly retryAfterS: number | undefined;
  /** Value of `WWW-Authenticate` (RFC 6750), with a 401. */
  readonly challenge: string | undefined;

  constructor(code: ProblemCode, { detail, retryAfterS, challenge }: Partial<Omit<Refusal, 'code'>> = {}) {
    this.code = code;
    this.detail = detail;
    this.retryAfterS = retryAfterS;
    this.challenge = challenge;
  }
}

/** An RFC 9457 problem document, with the stable code as an extension member. */
export interface ProblemDocument {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail?: string;
  readonly effect?: Effect;
}

/** Whether a request that was to change something may have. */
export type Effect = 'none' | 'unknown';

export function problemDocument(
  code: ProblemCode,
  { detail, effect }: { readonly detail?: string | undefined; readonly effect?: Effect | undefined } = {},
): ProblemDocument {
  const { status, title } = problemTable[code];
  return {
    type: 'about:blank',
    title,
    status,
    code,
    ...(detail === undefined ? {} : { detail }),
    ...(effect === undefined ? {} : { effect }),
  };
}

/** The message of anything thrown. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
