import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type Coding, chooseCoding } from './content-coding.ts';
import { heldTag } from './responses.ts';

const compress = promisify(gzip);

/** Less gains nothing: it fits into one packet of the network as it is. */
const leastBytes = 1024;

/** Content that does not change, as it is and compressed. Each form is made once, for all who are sent it. */
export class CodedContent {
  readonly #plain: Buffer;
  readonly #made: Map<Coding, Buffer | Promise<Buffer>>;

  /** @param made forms that are there already, the best first */
  constructor(plain: Buffer, made: readonly (readonly [Coding, Buffer])[] = []) {
    this.#plain = plain;
    this.#made = new Map(made);
  }

  get length(): number {
    return this.#plain.length;
  }

  /** Which form a client is sent. Undefined: as it is. */
  codingFor(acceptEncoding: string | null): Coding | undefined {
    const offered = new Set<Coding>([...this.#made.keys(), 'gzip']);
    return this.#plain.length < leastBytes ? undefined : chooseCoding(acceptEncoding, [...offered]);
  }

  /** @param coding that `codingFor` has chosen */
  async in(coding: Coding | undefined): Promise<Buffer> {
    if (coding === undefined) return this.#plain;
    const made = this.#made.get(coding) ?? compress(this.#plain);
    this.#made.set(coding, made);
    return await made;
  }
}

export type ContentHeaders = { readonly 'content-type': string } & Readonly<Record<string, string>>;

interface ContentSource {
  /** Called only where it is to be sent. */
  readonly content: () => CodedContent;
  /** Default: that of the request. */
  readonly acceptEncoding?: string | null;
}

/**
 * Answers with content that has an entity tag: compressed where the client takes that, and 304 without a body where it
 * holds the content in any form (RFC 9110 §13.1.2).
 *
 * A compressed form has the same tag as a weak one (RFC 9110 §8.8.3.3): its bytes are others, its meaning is the same.
 *
 * @param tag opaque, unquoted
 * @param headers of the 200 and of the 304; the content type of the 200 only
 */
export async function codedResponse(
  request: Request,
  tag: string,
  { 'content-type': contentType, ...headers }: ContentHeaders,
  { content, acceptEncoding = request.headers.get('accept-encoding') }: ContentSource,
): Promise<Response> {
  const common = { ...headers, vary: 'Accept-Encoding' };
  const held = heldTag(request.headers.get('if-none-match'), tag);
  if (held !== undefined) return new Response(null, { status: 304, headers: { ...common, etag: held } });
  const coded = content();
  const coding = coded.codingFor(acceptEncoding);
  const body = await coded.in(coding);
  return new Response(sharing(body), {
    headers: {
      ...common,
      ...(coding === undefined ? {} : { 'content-encoding': coding }),
      etag: coding === undefined ? `"${tag}"` : `W/"${tag}"`,
      'content-type': contentType,
      'content-length': `${body.length}`,
    },
  });
}

/** A body that shares the bytes: given as a Buffer, each response would copy them. */
function sharing(content: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(content);
      controller.close();
    },
  });
}
