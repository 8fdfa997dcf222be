import { BodyTooLarge, readBounded } from '../core/bounded-body.ts';
import { Refusal } from '../core/errors.ts';

/** Of a body that ends too early. */
export const bodyCutOff = new Refusal('BAD_REQUEST', { detail: 'the body ends too early' });

/** The body of a request, as far as it has at most `maxBytes`. Undefined: it has none. `cut_off`: it ends too early. */
export async function readBody(
  request: Request,
  maxBytes: number,
): Promise<Buffer | 'too_large' | 'cut_off' | undefined> {
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) return 'too_large';
  if (request.body === null) return undefined;
  try {
    const { buffer, length } = await readBounded(request.body, maxBytes);
    return length === 0 ? undefined : Buffer.from(buffer);
  } catch (error) {
    // Otherwise the client has gone or sent invalid HTTP: that is no error here, and nobody is left to be told.
    return error instanceof BodyTooLarge ? 'too_large' : 'cut_off';
  }
}
