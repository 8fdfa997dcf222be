import { errorMessage } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import type { ConnectionEnd, Refusal } from './connection.ts';
import type { Fetch, FetchInit } from './types.ts';

export interface HttpRequest {
  readonly fetch: Fetch;
  readonly url: string;
  readonly token: string | undefined;
  readonly signal: AbortSignal;
}

/** @param more of a request that is no GET */
export function sendRequest(
  { fetch, url, token, signal }: HttpRequest,
  headers: Record<string, string>,
  more: Partial<FetchInit> = {},
): Promise<Response> {
  const all = token === undefined ? headers : { ...headers, authorization: `Bearer ${token}` };
  return fetch(url, { ...more, headers: all, signal, cache: 'no-store' });
}

const viewFaults: readonly unknown[] = ['BAD_OPTION', 'UNKNOWN_SYMBOL', 'LIMIT'];
/** The gateway's codes. */
const refusals: ReadonlyMap<unknown, Refusal> = new Map([
  ['UNAUTHENTICATED', 'unauthorized'],
  ['FORBIDDEN_ROLE', 'unauthorized'],
  ['ORIGIN_REFUSED', 'refused'],
  ['HOST_REFUSED', 'refused'],
]);

/** Who is not let in by an answer with this HTTP status, whoever gave it. */
export function refusalOf(status: number): Refusal | undefined {
  if (status === 401) return 'unauthorized';
  return status === 403 || status === 421 ? 'refused' : undefined;
}

type Answer = Partial<JsonObject> & { readonly words: string };

/** The JSON object that an answer is, or nothing of it; and what it says, in words. */
export async function readAnswer(response: Response): Promise<Answer> {
  const body: unknown = await response.json().catch(() => undefined);
  const said: Partial<JsonObject> = isJsonObject(body) ? body : {};
  const words = [`HTTP ${response.status}`, said.code, said.detail].filter(
    (word) => typeof word === 'string',
  );
  return { ...said, words: words.join(': ') };
}

/** What a refusal says: the gateway's are problem documents (RFC 9457), a proxy's are anything. */
export async function readRefusal(response: Response): Promise<ConnectionEnd> {
  const { code, detail = '', words } = await readAnswer(response);
  const refusal = refusals.get(code);
  return {
    reason: words,
    status: response.status,
    refusesView: viewFaults.includes(code) ? [`${code}`, `${detail}`] : undefined,
    refuses: refusal ?? refusalOf(response.status),
    word: refusal && 'gateway',
    // The header may hold a date instead of a number: then the ordinary wait is used.
    retryAfterMs: Number(response.headers.get('retry-after')) * 1000 || 0,
  };
}

/** What a request that failed says. `fetch` hides the reason behind "fetch failed" in Node. */
export function requestFault(error: unknown): ConnectionEnd {
  return { reason: errorMessage((error instanceof Error && error.cause) || error), isUnexplained: true };
}
