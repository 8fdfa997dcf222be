import { errors, type FetchImplementation } from 'jose';
import { BodyTooLarge, readBounded } from '../core/bounded-body.ts';

/** Key sets are a few kilobytes. */
const maxBytes = 1024 * 1024;

/** An answer that is no key set, in words fit for a client. */
class BadAnswer extends Error {}

/** Fetches a key set with a bound on its size. Redirects are failures: they could lead anywhere. */
export const fetchKeySet: FetchImplementation = async (url, options) => {
  const { status, body } = await fetch(url, options);
  if (status !== 200 || body === null) {
    await body?.cancel();
    throw new BadAnswer(`answered ${status}`);
  }
  try {
    return new Response(await readBounded(body, maxBytes));
  } catch (error) {
    if (error instanceof BodyTooLarge) throw new BadAnswer(`answered more than ${maxBytes} bytes`);
    throw error;
  }
};

/** Why a fetch failed; nothing in it comes from the answer's body or from the URL. */
export function fetchFault(error: unknown): string {
  if (error instanceof BadAnswer) return error.message;
  if (error instanceof errors.JWKSTimeout) return 'no answer in time';
  if (error instanceof errors.JOSEError) return 'the answer is not a key set';
  const code = error instanceof Error ? codeOf(error.cause) : undefined;
  return code === undefined ? 'no connection' : `no connection (${code})`;
}

function codeOf(cause: unknown): string | undefined {
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return undefined;
  return typeof cause.code === 'string' ? cause.code : undefined;
}
