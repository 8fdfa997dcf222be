import { errorMessage } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';
import type { LinkEnd } from './link.ts';
import type { Fetch } from './types.ts';

export interface HttpRequest {
  readonly fetch: Fetch;
  readonly url: string;
  readonly token: string | undefined;
  readonly signal: AbortSignal;
}

export function sendRequest(
  { fetch, url, token, signal }: HttpRequest,
  headers: Record<string, string>,
): Promise<Response> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return fetch(url, { headers: { ...headers, ...authorization }, signal, cache: 'no-store' });
}

const viewFaults: readonly unknown[] = ['BAD_OPTION', 'UNKNOWN_SYMBOL', 'LIMIT'];

/** What a refusal says: the gateway's are problem documents (RFC 9457), a proxy's are anything. */
export async function readRefusal(response: Response): Promise<LinkEnd> {
  const { status, headers } = response;
  const problem: unknown = await response.json().catch(() => undefined);
  const { code, detail }: Partial<JsonObject> = isJsonObject(problem) ? problem : {};
  const words = [`HTTP ${status}`, code, detail].filter((word) => typeof word === 'string');
  return {
    reason: words.join(': '),
    refusesView: viewFaults.includes(code) ? [`${code}`, `${detail ?? ''}`] : undefined,
    refusesToken: status === 401,
    // A date, which the header may hold too, is no number: then the ordinary wait has to do.
    retryAfterMs: Number(headers.get('retry-after')) * 1000 || 0,
  };
}

/** What a request that failed says. `fetch` hides the reason behind "fetch failed" in Node. */
export function requestFault(error: unknown): LinkEnd {
  return { reason: errorMessage((error instanceof Error && error.cause) || error) };
}
